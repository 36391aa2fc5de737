#include "feeds/net/ws_session.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstring>

#include "engine/core/defence.hpp"
#include "feeds/net/clock.hpp"
#include "feeds/net/escape.hpp"

namespace lockstep::feeds::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Clock = MessageBudget::Clock;

/// Holds some 700 kline frames; larger ones are never faster.
constexpr std::size_t kReadBufferBytes = 256 * 1024;
constexpr std::size_t kUpgradeBytesMax = 16 * 1024;
/// Texts waiting for the message budget; ours are some subscribe requests.
constexpr std::size_t kTextsMax = 1024;
/// One place of the budget is kept for pongs: without them the venue hangs up.
constexpr std::size_t kPongReserve = 1;
constexpr std::chrono::milliseconds kGoodbye{1000};

std::uint32_t random_word() {
  std::uint32_t word = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&word), sizeof word);
  return word;
}

std::string random_key() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  std::array<unsigned char, 32> base64{};
  const int count = EVP_EncodeBlock(base64.data(), bytes.data(), static_cast<int>(bytes.size()));
  return std::string(reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(count));
}

}  // namespace

WsSession::WsSession(asio::io_context& io, WsSettings settings, Handlers handlers)
    : settings_(std::move(settings)),
      handlers_(std::move(handlers)),
      io_(io),
      timer_(io),
      send_timer_(io),
      reader_(settings_.message_bytes_max),
      budget_(settings_.messages_per_s) {}

void WsSession::start() {
  state_ = State::dialing;
  dialer_ = std::make_shared<Dialer>(io_, settings_.url, settings_.tls, settings_.dial,
                                     [self = shared_from_this()](auto transport, const std::string& error) {
                                       self->dialed(std::move(transport), error);
                                     });
  dialer_->start();
}

void WsSession::dialed(std::shared_ptr<Transport> transport, const std::string& error) {
  dialer_.reset();
  if (!error.empty()) return fail(error);
  transport_ = std::move(transport);
  upgrade();
}

void WsSession::upgrade() {
  state_ = State::upgrading;
  key_ = random_key();
  timer_.expires_after(settings_.upgrade);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error || self->state_ != State::upgrading) return;
    self->fail(fmt::format("the websocket upgrade took longer than {} ms; answer so far: '{}'",
                           self->settings_.upgrade.count(), escape(self->upgrade_bytes_)));
  });
  writing_ = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {}\r\n"
      "Sec-WebSocket-Version: 13\r\nUser-Agent: lockstep\r\n\r\n",
      settings_.target, settings_.url.authority(), key_);
  asio::async_write(
      *transport_, asio::buffer(writing_), [self = shared_from_this()](error_code error, std::size_t) {
        if (self->state_ != State::upgrading) return;
        if (error) return self->fail("websocket upgrade: " + error.message());
        asio::async_read_until(*self->transport_,
                               asio::dynamic_buffer(self->upgrade_bytes_, kUpgradeBytesMax), "\r\n\r\n",
                               [self](error_code error, std::size_t header_bytes) {
                                 if (self->state_ != State::upgrading) return;
                                 if (!error) return self->check_upgrade(header_bytes);
                                 self->fail(fmt::format("websocket upgrade: {}; answer so far: '{}'",
                                                        error.message(), escape(self->upgrade_bytes_)));
                               });
      });
}

void WsSession::check_upgrade(std::size_t header_bytes) {
  const std::string_view answer = std::string_view(upgrade_bytes_).substr(0, header_bytes);
  const std::string_view rest = std::string_view(upgrade_bytes_).substr(header_bytes);
  http::response_parser<http::empty_body> parser;
  parser.skip(true);
  error_code error;
  parser.put(asio::buffer(answer), error);
  if (error || !parser.is_header_done()) {
    return fail(fmt::format("websocket upgrade: the answer is not HTTP: '{}'", escape(upgrade_bytes_)));
  }
  const auto& response = parser.get();
  if (response.result() != http::status::switching_protocols) {
    return fail(fmt::format("websocket upgrade: HTTP {} instead of 101: '{}'", response.result_int(),
                            escape(rest.empty() ? answer : rest)));
  }
  if (response["Sec-WebSocket-Accept"] != websocket_accept(key_) && LOCKSTEP_DEFENCE(accept_key)) {
    return fail("websocket upgrade: wrong Sec-WebSocket-Accept, so the answer is not for us: '" +
                escape(answer) + "'");
  }
  // We offer none, so a server that turns one on would send what we cannot read.
  if (response.count("Sec-WebSocket-Extensions") != 0) {
    return fail("websocket upgrade: the server wants an extension that was not offered");
  }
  opened(rest);
}

void WsSession::opened(std::string_view rest) {
  state_ = State::open;
  received_at_ = pinged_at_ = Clock::now();
  buffer_.resize(kReadBufferBytes + kPaddingBytes);
  std::copy(rest.begin(), rest.end(), buffer_.begin());
  const std::size_t rest_bytes = rest.size();
  tick();
  handlers_.opened();
  if (state_ != State::open) return;
  pump();
  received(rest_bytes);
}

void WsSession::read() {
  const std::size_t space = buffer_.size() - kPaddingBytes - end_;
  transport_->async_read_some(asio::buffer(buffer_.data() + end_, space),
                              [self = shared_from_this()](error_code error, std::size_t bytes) {
                                if (self->state_ != State::open) return;
                                if (error) return self->fail("connection lost: " + error.message());
                                self->received(bytes);
                              });
}

void WsSession::received(std::size_t bytes) {
  const std::int64_t recv_ns = monotonic_ns();
  if (bytes > 0) received_at_ = Clock::now();
  end_ += bytes;
  while (true) {
    const WsTakeResult taken = reader_.take(std::string_view(buffer_.data() + begin_, end_ - begin_));
    if (taken.kind == WsTake::need_more) {
      make_room(taken.bytes_needed);
      return read();
    }
    begin_ += taken.bytes_used;
    if (!deliver(taken, recv_ns)) return;
  }
}

/// False when the session has ended.
bool WsSession::deliver(const WsTakeResult& taken, std::int64_t recv_ns) {
  if (taken.kind == WsTake::consumed) return true;
  if (taken.kind == WsTake::violation) {
    const std::string why = fmt::format("protocol violation ({}): {}", taken.close_code, taken.why);
    const auto closed = handlers_.closed;
    end(taken.close_code);
    closed(why);
    return false;
  }
  switch (taken.message.opcode) {
    case WsOpcode::text:
      handlers_.text(taken.message.payload, recv_ns);
      break;
    case WsOpcode::ping:
      // Only the newest ping needs its answer (RFC 6455 section 5.5.3): a flood of them cannot pile up here.
      pong_ = taken.message.payload;
      pump();
      break;
    case WsOpcode::close: {
      const std::string why = fmt::format("closed by the server: code {} '{}'", taken.message.close_code,
                                          escape(taken.message.payload));
      const auto closed = handlers_.closed;
      end(taken.message.close_code == 1005 ? kWsCloseNormal : taken.message.close_code);
      closed(why);
      break;
    }
    default:
      break;
  }
  return state_ == State::open;
}

/// Moves the cut frame to the front, and makes the buffer large enough for the whole of it.
void WsSession::make_room(std::size_t bytes_needed) {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  // The reader has checked the length against message_bytes_max before it asks for so much.
  if (bytes_needed + kPaddingBytes > buffer_.size()) buffer_.resize(bytes_needed + kPaddingBytes);
}

void WsSession::send(std::string text) {
  if (state_ == State::ended) return;
  if (texts_.size() >= kTextsMax) {
    asio::post(io_, [self = shared_from_this()] { self->fail("too many messages are waiting to be sent"); });
    return;
  }
  texts_.push_back(std::move(text));
  pump();
}

void WsSession::pump() {
  if (state_ != State::open || is_writing_) return;
  const bool is_control = pong_ || is_ping_due_;
  if (!is_control && texts_.empty()) return;
  const Clock::time_point now = Clock::now();
  const Clock::duration wait = budget_.wait(now, is_control ? 0 : kPongReserve);
  if (wait > Clock::duration::zero()) {
    send_timer_.expires_after(wait);
    send_timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->pump();
    });
    return;
  }
  budget_.note_sent(now);
  if (pong_) {
    const std::string payload = *std::exchange(pong_, std::nullopt);
    write(make_client_frame(WsOpcode::pong, payload, random_word()));
  } else if (std::exchange(is_ping_due_, false)) {
    write(make_client_frame(WsOpcode::ping, "", random_word()));
  } else {
    write(make_client_frame(WsOpcode::text, texts_.front(), random_word()));
    texts_.pop_front();
  }
}

void WsSession::write(std::string frame) {
  is_writing_ = true;
  writing_ = std::move(frame);
  asio::async_write(*transport_, asio::buffer(writing_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      self->is_writing_ = false;
                      if (self->state_ != State::open) return;
                      if (error) return self->fail("connection lost while writing: " + error.message());
                      self->pump();
                    });
}

void WsSession::tick() {
  const Clock::time_point now = Clock::now();
  if (now - received_at_ >= settings_.dead_after) {
    return fail(fmt::format("nothing received for {} ms, pings unanswered", settings_.dead_after.count()));
  }
  if (now - received_at_ >= settings_.ping_after && now - pinged_at_ >= settings_.ping_after) {
    pinged_at_ = now;
    is_ping_due_ = true;
    pump();
  }
  timer_.expires_after(std::min<Clock::duration>(settings_.ping_after / 4, std::chrono::seconds(1)));
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && self->state_ == State::open) self->tick();
  });
}

void WsSession::fail(const std::string& why) {
  if (state_ == State::ended) return;
  end(std::nullopt);
  handlers_.closed(why);
}

void WsSession::close() {
  if (state_ != State::ended) end(kWsCloseNormal);
}

/// No callback follows. With a close code the frame is still written, within a limit, before the socket goes.
void WsSession::end(std::optional<std::uint16_t> close_code) {
  const bool was_open = state_ == State::open;
  state_ = State::ended;
  timer_.cancel();
  send_timer_.cancel();
  if (dialer_) std::exchange(dialer_, nullptr)->cancel();
  if (!transport_) return;
  // A write in progress cannot be followed by another one on the same stream, and goodbye is only a courtesy.
  if (!close_code || !was_open || is_writing_) return transport_->close();
  const std::string code{static_cast<char>(*close_code >> 8), static_cast<char>(*close_code & 0xff)};
  writing_ = make_client_frame(WsOpcode::close, code, random_word());
  timer_.expires_after(kGoodbye);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->transport_->close();
  });
  asio::async_write(*transport_, asio::buffer(writing_),
                    [self = shared_from_this()](error_code, std::size_t) {
                      self->timer_.cancel();
                      self->transport_->close();
                    });
}

}  // namespace lockstep::feeds::net
