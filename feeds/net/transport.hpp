// A byte stream to a venue: TCP, with or without TLS.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/execution_context.hpp>
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

/// A connected stream in place of a socket. One read and one write at a time; handlers come from the
/// io_context, with an error once the stream has ended.
class StandIn {
 public:
  using Handler = std::function<void(boost::system::error_code, std::size_t)>;
  virtual ~StandIn() = default;
  virtual void async_read_some(boost::asio::mutable_buffer buffer, Handler handler) = 0;
  virtual void async_write_some(boost::asio::const_buffer buffer, Handler handler) = 0;
  virtual void close() = 0;
};

/// A network in memory. On an io_context that has this service (boost::asio::use_service) connections are
/// made by `dial` and not by the host's network: simulations run everything above sockets and TLS as it is.
class StandInNetwork : public boost::asio::execution_context::service {
 public:
  /// Null: refused.
  using Done = std::function<void(std::unique_ptr<StandIn>)>;
  inline static boost::asio::execution_context::id id;

  explicit StandInNetwork(boost::asio::execution_context& context) : service(context) {}
  /// Calls `done` from the io_context; never, when nobody answers.
  std::function<void(const Url& url, Done done)> dial;

 private:
  void shutdown() override { dial = nullptr; }
};

/// A connected stream; Asio's AsyncReadStream and AsyncWriteStream, the same over plain TCP and TLS.
class Transport {
 public:
  using Tcp = boost::asio::ip::tcp;
  using TlsStream = boost::asio::ssl::stream<Tcp::socket>;
  using executor_type = Tcp::socket::executor_type;

  explicit Transport(Tcp::socket socket) : stream_(std::move(socket)) {}
  /// `unopened`: for its executor.
  Transport(Tcp::socket unopened, std::unique_ptr<StandIn> stand_in)
      : stream_(std::in_place_type<Stood>, std::move(unopened), std::move(stand_in)) {}
  Transport(Tcp::socket socket, boost::asio::ssl::context& tls)
      : stream_(std::in_place_type<TlsStream>, std::move(socket), tls) {}

  executor_type get_executor() { return socket().get_executor(); }
  Tcp::socket& socket() {
    if (auto* tls = std::get_if<TlsStream>(&stream_)) return tls->next_layer();
    if (auto* stood = std::get_if<Stood>(&stream_)) return stood->unopened;
    return std::get<Tcp::socket>(stream_);
  }
  /// Null on plain TCP.
  TlsStream* tls() { return std::get_if<TlsStream>(&stream_); }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    if (auto* tls = std::get_if<TlsStream>(&stream_)) {
      return tls->async_read_some(buffers, std::forward<Handler>(handler));
    }
    if (auto* stood = std::get_if<Stood>(&stream_)) {
      return stood->stand_in->async_read_some(first_of<boost::asio::mutable_buffer>(buffers),
                                              shared(std::forward<Handler>(handler)));
    }
    return std::get<Tcp::socket>(stream_).async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    if (auto* tls = std::get_if<TlsStream>(&stream_)) {
      return tls->async_write_some(buffers, std::forward<Handler>(handler));
    }
    if (auto* stood = std::get_if<Stood>(&stream_)) {
      return stood->stand_in->async_write_some(first_of<boost::asio::const_buffer>(buffers),
                                               shared(std::forward<Handler>(handler)));
    }
    return std::get<Tcp::socket>(stream_).async_write_some(buffers, std::forward<Handler>(handler));
  }
  /// Ends the TCP connection at once; pending operations finish with an error.
  void close() {
    if (auto* stood = std::get_if<Stood>(&stream_)) return stood->stand_in->close();
    boost::system::error_code ignored;
    socket().close(ignored);
  }

 private:
  struct Stood {
    Stood(Tcp::socket socket, std::unique_ptr<StandIn> stream)
        : unopened(std::move(socket)), stand_in(std::move(stream)) {}
    Tcp::socket unopened;
    std::unique_ptr<StandIn> stand_in;
  };
  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& buffers) {
    return *boost::asio::buffer_sequence_begin(buffers);
  }
  /// Handlers of composed operations can only be moved.
  template <class Handler>
  static StandIn::Handler shared(Handler&& handler) {
    auto held = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
    return [held](boost::system::error_code error, std::size_t bytes) { (*held)(error, bytes); };
  }

  std::variant<Tcp::socket, TlsStream, Stood> stream_;
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
  bool dial_stand_in();
  void unresolved(const std::string& why);
  void resolved(NameCache::Endpoints endpoints);
  void connected();
  void finish(const std::string& error);
  void arm(std::chrono::milliseconds limit, const char* step);

  boost::asio::io_context& io_;
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
