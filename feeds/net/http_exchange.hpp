// One request and its answer on one connection.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "feeds/net/http_client.hpp"

namespace lockstep::feeds::net {

struct HttpAnswer {
  HttpResult result;
  std::optional<int> used_weight;  ///< X-MBX-USED-WEIGHT-1M
  std::optional<std::chrono::seconds> retry_after;
  std::shared_ptr<Transport> transport;  ///< may be used again; null when not
};

/// Kept by its own handlers; calls `done` once.
class HttpExchange : public std::enable_shared_from_this<HttpExchange> {
 public:
  using Done = std::function<void(HttpAnswer)>;

  HttpExchange(boost::asio::io_context& io, const HttpSettings& settings, const std::string& target);
  void on_done(Done done) { done_ = std::move(done); }
  /// On a kept connection, or on a new one where `transport` is null. The other side may have closed a kept
  /// one just now: then the request is sent once more on a new one.
  void start(std::shared_ptr<Transport> transport);
  /// Ends without calling `done`.
  void cancel();

 private:
  /// What the operations of one connection work on; they keep it alive.
  struct Wire {
    std::shared_ptr<Transport> transport;
    boost::beast::flat_buffer buffer;
    boost::beast::http::response_parser<boost::beast::http::string_body> parser;
    bool is_reused = false;
  };
  void dial();
  void write(std::shared_ptr<Transport> transport, bool is_reused);
  void read(const std::shared_ptr<Wire>& wire);
  void failed(const std::shared_ptr<Wire>& wire, const std::string& why);
  void answered(const std::shared_ptr<Wire>& wire);
  void finish(HttpAnswer answer);

  boost::asio::io_context& io_;
  HttpSettings settings_;
  std::string request_;
  Done done_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<Dialer> dialer_;
  std::shared_ptr<Wire> wire_;
  std::int64_t sent_ns_ = 0;
};

}  // namespace lockstep::feeds::net
