#include "tests/engine/alerts/hook_server.hpp"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace lockstep::test {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

struct HookServer::Wires {
  asio::io_context io;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::make_address("127.0.0.1"), 0}};
};

HookServer::HookServer(const std::string& certificate_pem, const std::string& key_pem)
    : wires_(std::make_unique<Wires>()), is_tls_(!certificate_pem.empty()) {
  if (is_tls_) {
    wires_->tls.use_certificate_chain(asio::buffer(certificate_pem));
    wires_->tls.use_private_key(asio::buffer(key_pem), asio::ssl::context::pem);
  }
  port_ = wires_->acceptor.local_endpoint().port();
  thread_ = std::thread([this] { serve(); });
}

HookServer::~HookServer() {
  is_stopping_ = true;
  // accept() is blocking: this ends it.
  ::shutdown(wires_->acceptor.native_handle(), SHUT_RDWR);
  thread_.join();
}

void HookServer::answer(std::vector<int> statuses) {
  const std::lock_guard lock(mutex_);
  statuses_.assign(statuses.begin(), statuses.end());
}

std::string HookServer::url(const std::string& path) const {
  return (is_tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_) + path;
}

bool HookServer::wait_for(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return hooks_.size() >= count; });
}

std::vector<Hook> HookServer::hooks() const {
  const std::lock_guard lock(mutex_);
  return hooks_;
}

void HookServer::serve() {
  while (!is_stopping_) {
    error_code error;
    asio::ip::tcp::socket socket(wires_->io);
    wires_->acceptor.accept(socket, error);
    if (error) continue;
    // A client that says nothing must not hold the test up.
    timeval limit{5, 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (!is_tls_) {
      take(socket);
      continue;
    }
    asio::ssl::stream<asio::ip::tcp::socket> stream(std::move(socket), wires_->tls);
    stream.handshake(asio::ssl::stream_base::server, error);
    if (!error) take(stream);
  }
}

template <class Stream>
void HookServer::take(Stream& stream) {
  boost::beast::flat_buffer buffer;
  http::request<http::string_body> request;
  error_code error;
  http::read(stream, buffer, request, error);
  if (error) return;
  Hook hook;
  hook.target = std::string(request.target());
  hook.body = request.body();
  for (const auto& field : request) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    hook.headers[name] = std::string(field.value());
  }
  int status = 200;
  {
    const std::lock_guard lock(mutex_);
    if (!statuses_.empty()) {
      status = statuses_.front();
      statuses_.pop_front();
    }
    hooks_.push_back(std::move(hook));
  }
  changed_.notify_all();
  if (status == kCut) return;
  http::response<http::string_body> response(static_cast<http::status>(status), 11);
  response.content_length(0);
  http::write(stream, response, error);
}

}  // namespace lockstep::test
