#include "tests/feeds/mock_venue.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <cstdlib>
#include <deque>
#include <fstream>

namespace lockstep::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using boost::system::error_code;

TemporaryFile::TemporaryFile(const std::string& text) {
  path_ = (std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp") + std::string("/lockstep-test-XXXXXX");
  const int file = mkstemp(path_.data());
  if (file < 0) throw std::runtime_error("no temporary file");
  ::close(file);
  std::ofstream(path_, std::ios::binary) << text;
}

TemporaryFile::~TemporaryFile() {
  unlink(path_.c_str());
}

struct MockVenue::Acceptor {
  tcp::acceptor acceptor;
};

/// One client. The blocking half of the work (handshake, requests) is asynchronous too, so that one thread
/// serves all.
struct MockVenue::Session : std::enable_shared_from_this<Session> {
  Session(MockVenue& owner, tcp::socket accepted) : venue(owner), socket(std::move(accepted)) {}

  MockVenue& venue;
  tcp::socket socket;
  std::optional<asio::ssl::stream<tcp::socket&>> tls;
  beast::flat_buffer buffer;
  http::request<http::string_body> request;
  std::string answer;
  std::optional<websocket::stream<tcp::socket&>> plain_ws;
  std::optional<websocket::stream<asio::ssl::stream<tcp::socket&>&>> tls_ws;
  std::deque<std::string> outgoing;
  bool is_open = false;

  void start() {
    socket.set_option(tcp::no_delay(true));
    if (!venue.tls_) return read_request();
    tls.emplace(socket, *venue.tls_);
    tls->async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](error_code error) {
      if (!error) self->read_request();
    });
  }

  /// Calls f with the stream that is in use.
  template <class F>
  void with_stream(F f) {
    if (tls) {
      f(*tls);
    } else {
      f(socket);
    }
  }
  template <class F>
  void with_websocket(F f) {
    if (tls_ws) {
      f(*tls_ws);
    } else {
      f(*plain_ws);
    }
  }

  void read_request() {
    request = {};
    with_stream([this](auto& stream) {
      http::async_read(stream, buffer, request, [self = shared_from_this()](error_code error, std::size_t) {
        if (error) return;
        websocket::is_upgrade(self->request) ? self->upgrade() : self->answer_request();
      });
    });
  }

  void answer_request() {
    const std::string target(self_target());
    HttpReply reply{404, R"({"code":-1,"msg":"no handler"})"};
    MockVenue::OnHttp handler;
    {
      const std::lock_guard lock(venue.mutex_);
      venue.targets_.push_back(target);
      handler = venue.on_http_;
    }
    if (handler) reply = handler(target);
    write_reply(reply);
  }
  std::string_view self_target() const { return {request.target().data(), request.target().size()}; }

  void write_reply(const HttpReply& reply) {
    answer = fmt::format("HTTP/1.1 {} Status\r\nContent-Type: {}\r\nContent-Length: {}\r\n", reply.status,
                         reply.content_type, reply.body.size());
    for (const auto& [name, value] : reply.headers) answer += name + ": " + value + "\r\n";
    answer += "\r\n" + (reply.is_cut ? reply.body.substr(0, reply.body.size() / 2) : reply.body);
    with_stream([this, is_cut = reply.is_cut](auto& stream) {
      asio::async_write(stream, asio::buffer(answer),
                        [self = shared_from_this(), is_cut](error_code error, std::size_t) {
                          if (error) return;
                          if (is_cut) {
                            self->socket.close(error);
                          } else {
                            self->read_request();
                          }
                        });
    });
  }

  void upgrade() {
    ++venue.upgrades_;
    std::optional<HttpReply> refusal;
    {
      const std::lock_guard lock(venue.mutex_);
      refusal = venue.refusal_;
    }
    if (refusal) return write_reply(*refusal);
    if (tls) {
      tls_ws.emplace(*tls);
    } else {
      plain_ws.emplace(socket);
    }
    with_websocket([this](auto& ws) {
      ws.async_accept(request, [self = shared_from_this()](error_code error) {
        if (error) return;
        self->is_open = true;
        {
          const std::lock_guard lock(self->venue.mutex_);
          self->venue.sessions_.push_back(self);
        }
        self->buffer.clear();
        self->read_text();
      });
    });
  }

  void read_text() {
    with_websocket([this](auto& ws) {
      ws.async_read(buffer, [self = shared_from_this()](error_code error, std::size_t) {
        if (error) return self->end();
        const std::string text = beast::buffers_to_string(self->buffer.data());
        self->buffer.clear();
        MockVenue::OnText handler;
        {
          const std::lock_guard lock(self->venue.mutex_);
          self->venue.texts_.push_back(text);
          handler = self->venue.on_text_;
        }
        if (handler) {
          for (std::string& frame : handler(text)) self->send(std::move(frame));
        }
        self->read_text();
      });
    });
  }

  void send(std::string frame) {
    outgoing.push_back(std::move(frame));
    if (outgoing.size() == 1) write_next();
  }
  void write_next() {
    with_websocket([this](auto& ws) {
      ws.text(true);
      ws.async_write(asio::buffer(outgoing.front()),
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (error) return self->end();
                       self->outgoing.pop_front();
                       if (!self->outgoing.empty()) self->write_next();
                     });
    });
  }

  void end() {
    is_open = false;
    error_code ignored;
    socket.close(ignored);
    const std::lock_guard lock(venue.mutex_);
    std::erase(venue.sessions_, shared_from_this());
  }
};

MockVenue::MockVenue(const TestCertificates* certificates) {
  if (certificates) {
    tls_ = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    tls_->use_certificate(asio::buffer(certificates->certificate_pem), asio::ssl::context::pem);
    tls_->use_private_key(asio::buffer(certificates->key_pem), asio::ssl::context::pem);
  }
  acceptor_ = std::make_unique<Acceptor>(
      Acceptor{tcp::acceptor(io_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0))});
  port_ = acceptor_->acceptor.local_endpoint().port();
  accept();
  thread_ = std::thread([this] { io_.run(); });
}

MockVenue::~MockVenue() {
  io_.stop();
  thread_.join();
  sessions_.clear();
}

void MockVenue::accept() {
  acceptor_->acceptor.async_accept([this](error_code error, tcp::socket socket) {
    if (!error) std::make_shared<Session>(*this, std::move(socket))->start();
    accept();
  });
}

void MockVenue::on_http(OnHttp handler) {
  const std::lock_guard lock(mutex_);
  on_http_ = std::move(handler);
}

void MockVenue::on_text(OnText handler) {
  const std::lock_guard lock(mutex_);
  on_text_ = std::move(handler);
}

void MockVenue::refuse_upgrades(std::optional<HttpReply> reply) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(reply);
}

std::string MockVenue::ws_url(const std::string& host) const {
  return fmt::format("{}://{}:{}", tls_ ? "wss" : "ws", host, port_);
}

std::string MockVenue::rest_url(const std::string& host) const {
  return fmt::format("{}://{}:{}", tls_ ? "https" : "http", host, port_);
}

void MockVenue::send(const std::string& text) {
  asio::post(io_, [this, text] {
    std::vector<std::shared_ptr<Session>> sessions;
    {
      const std::lock_guard lock(mutex_);
      sessions = sessions_;
    }
    for (const auto& session : sessions) session->send(text);
  });
}

void MockVenue::send_raw(const std::string& bytes) {
  asio::post(io_, [this, bytes] {
    const std::lock_guard lock(mutex_);
    for (const auto& session : sessions_) {
      session->with_stream([&](auto& stream) { asio::write(stream, asio::buffer(bytes)); });
    }
  });
}

void MockVenue::cut() {
  asio::post(io_, [this] {
    std::vector<std::shared_ptr<Session>> sessions;
    {
      const std::lock_guard lock(mutex_);
      sessions = sessions_;
    }
    for (const auto& session : sessions) session->end();
  });
}

int MockVenue::connections() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(sessions_.size());
}

std::vector<std::string> MockVenue::targets() const {
  const std::lock_guard lock(mutex_);
  return targets_;
}

std::vector<std::string> MockVenue::texts() const {
  const std::lock_guard lock(mutex_);
  return texts_;
}

}  // namespace lockstep::test
