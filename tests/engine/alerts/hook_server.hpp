// The other end of a webhook: keeps what it gets, answers as the test says.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lockstep::test {

struct Hook {
  std::string target;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// On a thread and a loopback port of its own, one connection after the other.
class HookServer {
 public:
  static constexpr int kCut = 0;  ///< takes the request and closes without an answer

  /// PEM texts; empty: plain HTTP.
  HookServer(const std::string& certificate_pem = "", const std::string& key_pem = "");
  ~HookServer();
  HookServer(const HookServer&) = delete;
  HookServer& operator=(const HookServer&) = delete;

  /// Answers of the requests to come, in order; after them 200.
  void answer(std::vector<int> statuses);
  std::string url(const std::string& path = "/hook") const;
  /// Waits until so many requests have come; false when they do not within 30 s.
  bool wait_for(std::size_t count) const;
  std::vector<Hook> hooks() const;

 private:
  struct Wires;
  void serve();
  template <class Stream>
  void take(Stream& stream);

  std::unique_ptr<Wires> wires_;
  bool is_tls_;
  int port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<int> statuses_;
  std::vector<Hook> hooks_;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace lockstep::test
