// A byte stream to a venue: TCP, with or without TLS.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "feeds/net/name_cache.hpp"
#include "feeds/net/url.hpp"

namespace lockstep::feeds::net {

/// A connected stream; Asio's AsyncReadStream and AsyncWriteStream, the same over plain TCP and TLS.
class Transport {
 public:
  using Tcp = boost::asio::ip::tcp;
  using TlsStream = boost::asio::ssl::stream<Tcp::socket>;
  using executor_type = Tcp::socket::executor_type;

  explicit Transport(Tcp::socket socket) : stream_(std::move(socket)) {}
  Transport(Tcp::socket socket, boost::asio::ssl::context& tls)
      : stream_(std::in_place_type<TlsStream>, std::move(socket), tls) {}

  executor_type get_executor() { return socket().get_executor(); }
  Tcp::socket& socket() {
    if (auto* tls = std::get_if<TlsStream>(&stream_)) return tls->next_layer();
    return std::get<Tcp::socket>(stream_);
  }
  /// Null on plain TCP.
  TlsStream* tls() { return std::get_if<TlsStream>(&stream_); }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    if (auto* tls = std::get_if<TlsStream>(&stream_)) {
      return tls->async_read_some(buffers, std::forward<Handler>(handler));
    }
    return std::get<Tcp::socket>(stream_).async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    if (auto* tls = std::get_if<TlsStream>(&stream_)) {
      return tls->async_write_some(buffers, std::forward<Handler>(handler));
    }
    return std::get<Tcp::socket>(stream_).async_write_some(buffers, std::forward<Handler>(handler));
  }
  /// Ends the TCP connection at once; pending operations finish with an error.
  void close() {
    boost::system::error_code ignored;
    socket().close(ignored);
  }

 private:
  std::variant<Tcp::socket, TlsStream> stream_;
};

/// How long each step of a connection attempt may take.
struct DialLimits {
  std::chrono::milliseconds resolve{5000};
  std::chrono::milliseconds connect{5000};
  std::chrono::milliseconds tls{5000};
};

/// One attempt: resolve (with the last good answer where there is none), connect (every address in turn), TLS
/// with SNI and the host name checked. Keep it by shared_ptr; it calls `done` once, on the io_context, with a
/// transport or an error text, unless cancel() came first.
class Dialer : public std::enable_shared_from_this<Dialer> {
 public:
  using Done = std::function<void(std::shared_ptr<Transport>, const std::string& error)>;

  Dialer(boost::asio::io_context& io, Url url, std::shared_ptr<boost::asio::ssl::context> tls,
         DialLimits limits, Done done);
  void start();
  void cancel();

 private:
  void unresolved(const std::string& why);
  void resolved(NameCache::Endpoints endpoints);
  void connected();
  void finish(const std::string& error);
  void arm(std::chrono::milliseconds limit, const char* step);

  Url url_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
  DialLimits limits_;
  Done done_;
  NameCache::Endpoints endpoints_;
  bool is_resolved_ = false;
  Transport::Tcp::resolver resolver_;
  Transport::Tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<Transport> transport_;
};

}  // namespace lockstep::feeds::net
