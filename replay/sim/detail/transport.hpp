// A connection's bytes, with or without TLS.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <functional>
#include <memory>

namespace lockstep::sim {

/// One read and one write may be under way at a time. Handlers run on the socket's io_context.
class Transport {
 public:
  using Handler = std::function<void(boost::system::error_code, std::size_t)>;

  virtual ~Transport() = default;
  /// To be called once, first. Without TLS the handler comes at once.
  virtual void async_handshake(Handler handler) = 0;
  virtual void async_read_some(boost::asio::mutable_buffer buffer, Handler handler) = 0;
  /// Writes everything.
  virtual void async_write(boost::asio::const_buffer buffer, Handler handler) = 0;
  /// Closes the socket without any farewell; operations under way end with an error.
  virtual void close() = 0;
};

/// `context` null: plain TCP. It must outlive the transport.
std::unique_ptr<Transport> make_transport(boost::asio::ip::tcp::socket socket,
                                          boost::asio::ssl::context* context);

}  // namespace lockstep::sim
