#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <charconv>

#include "engine/alerts/courier.hpp"
#include "feeds/net/escape.hpp"
#include "feeds/net/tls.hpp"
#include "feeds/net/transport.hpp"

namespace lockstep::engine::alerts {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace net = feeds::net;
using boost::system::error_code;

constexpr int kRetryAfterSecondsMax = 3'600;

struct Address {
  net::Url url;
  std::string target;  ///< path and query
};

Address parse_address(const std::string& text) {
  const std::size_t host = text.find("://") + 3;
  const std::size_t path = text.find_first_of("/?", host);
  Address address{net::parse_url(text.substr(0, path), net::UrlKind::http), "/"};
  if (path == std::string::npos) return address;
  address.target = text.substr(path);
  if (address.target[0] == '?') address.target.insert(address.target.begin(), '/');
  return address;
}

std::string unix_seconds() {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

/// What one attempt works on; its operations keep it alive.
class Post : public std::enable_shared_from_this<Post> {
 public:
  Post(asio::io_context& io, const Address& address, std::shared_ptr<asio::ssl::context> tls,
       std::string request, std::chrono::seconds limit, Courier::Done done)
      : address_(address), request_(std::move(request)), limit_(limit), done_(std::move(done)), timer_(io) {
    net::DialLimits limits;
    limits.resolve = limits.connect = limits.tls = limit;
    dialer_ = std::make_shared<net::Dialer>(
        io, address_.url, std::move(tls), limits,
        [this](std::shared_ptr<net::Transport> transport, const std::string& error) {
          if (!error.empty()) return finish({error, false, {}});
          write(std::move(transport));
        });
  }

  void start() {
    timer_.expires_after(limit_);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->finish({fmt::format("no answer within {} s", self->limit_.count()), false, {}});
    });
    dialer_->start();
  }
  void cancel() {
    done_ = nullptr;
    timer_.cancel();
    if (dialer_) dialer_->cancel();
    if (transport_) transport_->close();
  }

 private:
  void write(std::shared_ptr<net::Transport> transport) {
    transport_ = std::move(transport);
    asio::async_write(*transport_, asio::buffer(request_),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return self->finish({error.message(), false, {}});
                        self->read();
                      });
  }
  /// The status is all that matters.
  void read() {
    http::async_read_header(*transport_, buffer_, parser_,
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (error) return self->finish({error.message(), false, {}});
                              self->answered();
                            });
  }
  void answered() {
    const auto& answer = parser_.get();
    const unsigned status = answer.result_int();
    Outcome outcome;
    if (status < 200 || status > 299) {
      const auto reason = answer.reason();
      outcome.error = fmt::format("HTTP {} {}", status, net::escape({reason.data(), reason.size()}, 80));
      outcome.is_refused = status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
      const auto after = answer["Retry-After"];
      int seconds = 0;
      const auto read = std::from_chars(after.data(), after.data() + after.size(), seconds);
      if (read.ec == std::errc() && seconds > 0)
        outcome.retry_after = std::chrono::seconds(std::min(seconds, kRetryAfterSecondsMax));
    }
    finish(outcome);
  }
  void finish(const Outcome& outcome) {
    const Courier::Done done = std::exchange(done_, nullptr);
    cancel();
    if (done) done(outcome);
  }

  Address address_;
  std::string request_;
  std::chrono::seconds limit_;
  Courier::Done done_;
  asio::steady_timer timer_;
  std::shared_ptr<net::Dialer> dialer_;
  std::shared_ptr<net::Transport> transport_;
  boost::beast::flat_buffer buffer_{65'536};
  http::response_parser<http::empty_body> parser_;
};

class Webhook final : public Courier {
 public:
  Webhook(asio::io_context& io, const AlertTarget& target)
      : io_(io),
        target_(target),
        address_(parse_address(target.url)),
        tls_(net::make_tls_context(target.ca_file)) {}
  ~Webhook() override { cancel(); }

  void send(const Delivery& delivery, Done done) override {
    post_ = std::make_shared<Post>(io_, address_, tls_, request(delivery),
                                   std::chrono::seconds(target_.timeout_s), std::move(done));
    post_->start();
  }
  void cancel() override {
    if (post_) std::exchange(post_, nullptr)->cancel();
  }

 private:
  std::string request(const Delivery& delivery) const {
    const std::string time = unix_seconds();
    std::string text = fmt::format(
        "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: lockstep\r\nConnection: close\r\nContent-Type: "
        "application/json\r\nContent-Length: {}\r\nX-Lockstep-Id: {}\r\nX-Lockstep-Timestamp: {}\r\n",
        address_.target, address_.url.authority(), delivery.body.size(), delivery.id, time);
    if (!target_.secret.empty())
      text += fmt::format("X-Lockstep-Signature: {}\r\n", signature(target_.secret, time, delivery.body));
    return text + "\r\n" + delivery.body;
  }

  asio::io_context& io_;
  AlertTarget target_;
  Address address_;
  std::shared_ptr<asio::ssl::context> tls_;
  std::shared_ptr<Post> post_;
};

}  // namespace

std::string signature(std::string_view secret, std::string_view timestamp, std::string_view body) {
  const std::string text = std::string(timestamp).append(".").append(body);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int bytes = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &bytes);
  std::string out = "sha256=";
  for (unsigned int i = 0; i < bytes; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

std::unique_ptr<Courier> make_webhook(asio::io_context& io, const AlertTarget& target) {
  return std::make_unique<Webhook>(io, target);
}

}  // namespace lockstep::engine::alerts
