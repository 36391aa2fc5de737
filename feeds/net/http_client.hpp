// GET requests to one REST host over a few kept connections, within the host's request budget.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "feeds/net/limiter.hpp"
#include "feeds/net/transport.hpp"

namespace lockstep::feeds::net {

struct HttpSettings {
  Url url;
  std::shared_ptr<boost::asio::ssl::context> tls;
  DialLimits dial;
  std::chrono::milliseconds total{30'000};  ///< from the first byte of the attempt to the last of the answer
  std::size_t body_bytes_max = 16 << 20;
  int connections_max = 4;  ///< requests in flight
  std::shared_ptr<HostLimiter> limiter;
};

struct HttpResult {
  std::string error;         ///< empty: status 200 and a JSON body; else why not, for people, escaped
  unsigned status = 0;       ///< 0: no answer at all
  std::string body;          ///< also of answers that are errors, where there was one
  std::int64_t sent_ns = 0;  ///< monotonic: the request began to be sent; 0: no answer at all
};

class HttpExchange;

/// Lives on the network thread, kept by shared_ptr. Answers come from the io_context, never from inside
/// get(); each request gets exactly one, unless stop() came first.
class HttpClient : public std::enable_shared_from_this<HttpClient> {
 public:
  using Done = std::function<void(HttpResult)>;

  HttpClient(boost::asio::io_context& io, HttpSettings settings);

  /// Asks for the prefix of the url plus `target` ("/api/v3/time?a=b"). First come, first served.
  void get(std::string target, int weight, Done done);
  struct Counters {
    std::uint64_t requests = 0, errors = 0, waits = 0, wait_ms = 0;  ///< see RestCounters
  };
  const Counters& counters() const { return counters_; }
  /// Drops every request; their callbacks never come.
  void stop();

 private:
  struct Request {
    std::string target;
    int weight = 0;
    Done done;
  };
  void pump();
  void begin(Request request);

  boost::asio::io_context& io_;
  HttpSettings settings_;
  boost::asio::steady_timer timer_;
  std::deque<Request> queue_;
  std::vector<std::shared_ptr<Transport>> idle_;
  std::set<std::shared_ptr<HttpExchange>> in_flight_;
  Counters counters_;
  std::optional<HostLimiter::Clock::time_point> waits_since_;  ///< the first of the queue
  bool is_stopped_ = false;
};

}  // namespace lockstep::feeds::net
