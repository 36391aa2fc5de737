// Clients of the API, as plain sockets: what they cost a benchmark is little and always the same.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lockstep::bench {

/// A connected socket that waits at most 10 s for anything; then, and when the server hangs up, it throws
/// std::runtime_error.
class ClientSocket {
 public:
  explicit ClientSocket(int port);
  ~ClientSocket();
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  int descriptor() const { return descriptor_; }
  void send(std::string_view text);
  /// Reads until `header` ends with a whole HTTP header; gives what follows it.
  std::string read_header(std::string& header);
  void read_more(std::string& text);

 private:
  int descriptor_;
};

/// Counts the whole frames in a server's bytes, whatever pieces they come in.
class FrameCounter {
 public:
  std::size_t take(const char* bytes, std::size_t count);

 private:
  unsigned char head_[10] = {};
  std::size_t head_size_ = 0;
  std::size_t left_ = 0;
};

/// Websocket clients that read whatever comes, all on one thread.
class StreamClients {
 public:
  enum class Priority { usual, idle };

  /// `symbols` 0: each gets everything. Else the i-th gets the (i mod symbols)th of symbol_names(). With
  /// priority idle the thread reads when nobody else wants the CPU (SCHED_IDLE), and never on the first one.
  StreamClients(int port, std::size_t count, std::size_t symbols, Priority priority = Priority::usual);
  ~StreamClients();
  StreamClients(const StreamClients&) = delete;
  StreamClients& operator=(const StreamClients&) = delete;

  /// Frames that have come so far, hello and snapshots included.
  std::uint64_t frames() const { return frames_; }
  bool has_lost_one() const { return has_lost_one_; }
  /// Waits for 30 s at most; says whether so many have come.
  bool wait_for(std::uint64_t frames) const;

 private:
  void read(Priority priority);

  int epoll_;
  std::vector<std::unique_ptr<ClientSocket>> sockets_;
  std::vector<FrameCounter> counters_;
  std::atomic<std::uint64_t> frames_{0};
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> has_lost_one_{false};
  std::thread thread_;
};

}  // namespace lockstep::bench
