#include "feeds/net/transport.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>

#include "feeds/net/escape.hpp"
#include "feeds/net/log.hpp"

namespace lockstep::feeds::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// The second line behind our pings: a peer that is gone without a word is given up by the kernel, too.
constexpr int kTcpUserTimeoutMs = 30'000;
constexpr int kKeepaliveIdleS = 15;

void set_socket_options(asio::ip::tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  using Idle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using UserTimeout = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>;
  socket.set_option(Idle(kKeepaliveIdleS), ignored);
  socket.set_option(UserTimeout(kTcpUserTimeoutMs), ignored);
}

/// Says what OpenSSL did not like about the certificate, which its error code alone does not.
std::string tls_error(Transport::TlsStream& stream, const error_code& error) {
  const long verified = SSL_get_verify_result(stream.native_handle());
  if (verified != X509_V_OK) {
    return fmt::format("certificate refused: {}", X509_verify_cert_error_string(verified));
  }
  return error.message();
}

}  // namespace

NameCache& name_cache() {
  static NameCache cache;
  return cache;
}

Dialer::Dialer(asio::io_context& io, Url url, std::shared_ptr<asio::ssl::context> tls, DialLimits limits,
               Done done)
    : io_(io),
      url_(std::move(url)),
      tls_(std::move(tls)),
      limits_(limits),
      done_(std::move(done)),
      resolver_(io),
      socket_(io),
      timer_(io) {}

void Dialer::arm(std::chrono::milliseconds limit, const char* step) {
  timer_.expires_after(limit);
  timer_.async_wait([self = shared_from_this(), limit, step](error_code error) {
    if (!error) self->finish(fmt::format("{} took longer than {} ms", step, limit.count()));
  });
}

void Dialer::start() {
  if (dial_stand_in()) return;
  timer_.expires_after(limits_.resolve);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error) return;
    self->resolver_.cancel();  // its answer, should it come, finds is_resolved_ set
    self->unresolved(fmt::format("name resolution took longer than {} ms", self->limits_.resolve.count()));
  });
  // Asio resolves on a thread of its own, so that a name server that hangs does not hold the network thread.
  resolver_.async_resolve(url_.host, std::to_string(url_.port),
                          [self = shared_from_this()](error_code error, const auto& addresses) {
                            if (!self->done_ || self->is_resolved_) return;
                            if (error) return self->unresolved("name resolution: " + error.message());
                            NameCache::Endpoints endpoints;
                            for (const auto& address : addresses) endpoints.push_back(address.endpoint());
                            name_cache().note(self->url_.authority(), endpoints);
                            self->resolved(std::move(endpoints));
                          });
}

bool Dialer::dial_stand_in() {
  if (!asio::has_service<StandInNetwork>(io_)) return false;
  arm(limits_.connect, "connecting");
  asio::use_service<StandInNetwork>(io_).dial(
      url_, [self = shared_from_this()](std::unique_ptr<StandIn> stand_in) {
        if (!self->done_) return;
        if (!stand_in) return self->finish("connecting: Connection refused");
        self->transport_ = std::make_shared<Transport>(std::move(self->socket_), std::move(stand_in));
        self->finish("");
      });
  return true;
}

/// Without an answer the last good one is tried (fault N12). Should the address belong to somebody else by
/// now, TLS finds out.
void Dialer::unresolved(const std::string& why) {
  if (!done_) return;
  NameCache::Endpoints last = name_cache().find(url_.authority());
  if (last.empty()) return finish(why);
  log()->warn("{}: {}; using the last good answer", escape(url_.authority()), why);
  resolved(std::move(last));
}

void Dialer::resolved(NameCache::Endpoints endpoints) {
  is_resolved_ = true;
  endpoints_ = std::move(endpoints);
  arm(limits_.connect, "connecting");
  asio::async_connect(socket_, endpoints_, [self = shared_from_this()](error_code error, const auto&) {
    if (!self->done_) return;
    if (error) return self->finish("connecting: " + error.message());
    self->connected();
  });
}

void Dialer::connected() {
  set_socket_options(socket_);
  if (!url_.is_tls) {
    transport_ = std::make_shared<Transport>(std::move(socket_));
    return finish("");
  }
  transport_ = std::make_shared<Transport>(std::move(socket_), *tls_);
  Transport::TlsStream& stream = *transport_->tls();
  error_code is_name;
  asio::ip::make_address(url_.host, is_name);
  // SNI carries names only, no addresses (RFC 6066). The name in the certificate is checked for both.
  if (is_name) SSL_set_tlsext_host_name(stream.native_handle(), url_.host.c_str());
  stream.set_verify_callback(asio::ssl::host_name_verification(url_.host));
  arm(limits_.tls, "the TLS handshake");
  // The handshake works on the stream, so it keeps the stream alive beyond a deadline.
  stream.async_handshake(asio::ssl::stream_base::client,
                         [self = shared_from_this(), transport = transport_](error_code error) {
                           if (!self->done_) return;
                           self->finish(error ? "TLS: " + tls_error(*transport->tls(), error) : "");
                         });
}

void Dialer::finish(const std::string& error) {
  if (!done_) return;
  const Done done = std::exchange(done_, nullptr);
  std::shared_ptr<Transport> transport = std::move(transport_);
  const std::shared_ptr<Dialer> self = shared_from_this();
  timer_.cancel();
  if (!error.empty()) {
    cancel();
    if (transport) transport->close();
    return done(nullptr, fmt::format("{}: {}", escape(url_.authority()), error));
  }
  done(std::move(transport), "");
}

void Dialer::cancel() {
  done_ = nullptr;
  timer_.cancel();
  resolver_.cancel();
  error_code ignored;
  socket_.close(ignored);
  if (transport_) transport_->close();
}

}  // namespace lockstep::feeds::net
