#include "replay/sim/detail/connection.hpp"

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <utility>
#include <vector>

#include "replay/sim/detail/frame_faults.hpp"
#include "replay/sim/detail/venue_requests.hpp"

namespace lockstep::sim {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kHeaderBytesMax = 64 * 1024;  // a URL may name 1024 streams
constexpr std::size_t kBodyBytesMax = 64 * 1024;
constexpr auto kIdleMax = std::chrono::seconds(60);  // of an HTTP connection

struct WebPath {
  bool is_combined = false;
  bool pushes_klines = true;
  std::vector<std::string> streams;
};

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find('/'));
    out.emplace_back(name);
    text.remove_prefix(std::min(text.size(), name.size() + 1));
  }
  return out;
}

// Nothing when the venue serves no websocket there. On USD-M klines come from /market only; the retired URLs
// without it still take connections and subscriptions and stay silent, and so does /public.
std::optional<WebPath> parse_web_path(Dialect dialect, const UrlTarget& target) {
  WebPath out;
  std::string_view path = target.path;
  if (dialect == Dialect::binance_usdm) {
    out.pushes_klines = path.starts_with("/market/");
    for (const std::string_view prefix : {"/market", "/public"}) {
      if (path.starts_with(prefix) && path.substr(prefix.size()).starts_with('/'))
        path.remove_prefix(prefix.size());
    }
  }
  if (path == "/stream" || path == "/stream/") {
    out.is_combined = true;
    if (const auto found = target.query.find("streams"); found != target.query.end()) {
      out.streams = split_names(found->second);
    }
    return out;
  }
  if (path != "/ws" && !path.starts_with("/ws/")) return std::nullopt;
  path.remove_prefix(3);
  if (!path.empty()) out.streams = split_names(path.substr(1));
  return out;
}

std::string wall_ms_text() {
  using namespace std::chrono;
  return std::to_string(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace

Connection::Connection(std::unique_ptr<Transport> transport, ConnectionContext& context)
    : transport_(std::move(transport)), context_(context), last_input_(Clock::now()) {
  new_parser();
}

void Connection::start() {
  transport_->async_handshake([self = shared_from_this()](error_code error, std::size_t) {
    if (error) return self->cut();
    self->read();
  });
}

void Connection::cut() {
  if (is_cut_) return;
  is_cut_ = true;
  if (requests_) {
    requests_->clear();
    --context_.web_connections;
  }
  transport_->close();
}

void Connection::read() {
  if (is_cut_) return;
  transport_->async_read_some(asio::buffer(read_buffer_),
                              [self = shared_from_this()](error_code error, std::size_t size) {
                                if (error) return self->cut();
                                self->last_input_ = Clock::now();
                                // What comes after our farewell is not looked at.
                                if (!self->is_last_send_)
                                  self->input_.append(self->read_buffer_.data(), size);
                                self->take_input();
                                self->read();
                              });
}

void Connection::take_input() {
  while (!is_cut_ && !is_last_send_ && (is_web() ? take_message() : take_request())) {
  }
  flush();
}

void Connection::new_parser() {
  parser_.emplace();
  parser_->header_limit(kHeaderBytesMax);
  parser_->body_limit(kBodyBytesMax);
  parser_->eager(true);
}

bool Connection::take_request() {
  if (input_.empty()) return false;
  error_code error;
  input_.erase(0, parser_->put(asio::buffer(input_), error));
  if (error == http::error::need_more) return false;
  if (error) {
    waiting_ += "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    is_last_send_ = true;
    return false;
  }
  if (!parser_->is_done()) return false;
  const Request request = parser_->release();
  new_parser();
  serve(request);
  return true;
}

void Connection::serve(const Request& request) {
  if (boost::beast::websocket::is_upgrade(request)) return upgrade(request);
  if (request.method() != http::verb::get)
    return reply(request, RestApi::error(-1000, "Method not allowed.", 405));
  if (const auto fault = fault_at(FaultPlace::answer)) return faulty_reply(request, *fault);
  reply(request, context_.rest.get({request.target().data(), request.target().size()}));
}

void Connection::reply(const Request& request, const RestReply& reply) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(reply.status));
  waiting_ += "HTTP/1.1 " + std::to_string(reply.status) + " ";
  waiting_.append(reason.data(), reason.size());
  waiting_ += "\r\nContent-Type: " + reply.content_type;
  waiting_ += "\r\nContent-Length: " + std::to_string(reply.body.size());
  if (context_.text.is_binance())
    waiting_ += "\r\nX-MBX-USED-WEIGHT-1M: " + std::to_string(reply.used_weight);
  if (reply.retry_after_s > 0) waiting_ += "\r\nRetry-After: " + std::to_string(reply.retry_after_s);
  is_last_send_ = !request.keep_alive();
  waiting_ += is_last_send_ ? "\r\nConnection: close" : "\r\nConnection: keep-alive";
  waiting_ += "\r\n\r\n" + reply.body;
}

void Connection::upgrade(const Request& request) {
  const UrlTarget target = parsed_target({request.target().data(), request.target().size()});
  const auto key = request[http::field::sec_websocket_key];
  if (is_upgrade_faulty(request)) return;
  bool is_served = is_web_path(context_.text.dialect(), target.path);
  if (context_.text.is_binance()) {
    const auto path = parse_web_path(context_.text.dialect(), target);
    if (!path) return reply(request, RestApi::error(-1000, "No websocket at this path.", 404));
    auto requests =
        std::make_unique<StreamRequests>(context_.model, context_.text.dialect(), context_.publisher, *this,
                                         path->pushes_klines, path->is_combined);
    is_served = requests->subscribe_all(path->streams);
    requests_ = std::move(requests);
  } else if (is_served) {
    requests_ = std::make_unique<VenueRequests>(context_.model, context_.text, context_.publisher, *this);
  }
  if (key.empty() || !is_served) {
    requests_.reset();
    return reply(request, RestApi::error(-1000, "Invalid stream names or websocket key.", 400));
  }
  requests_->refuse_last_symbol(upgrade_fault_ == VenueFault::refused_topic);
  ++context_.web_connections;
  last_ping_ = Clock::now();
  waiting_ +=
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: ";
  waiting_ += web_accept_key({key.data(), key.size()}) + "\r\n\r\n";
  send_texts(requests_->greeting());
}

bool Connection::take_message() {
  WebOpcode opcode{};
  std::string payload;
  switch (frames_.next(input_, opcode, payload)) {
    case WebFrameReader::Result::need_more:
      return false;
    case WebFrameReader::Result::violation:
      disconnect(1002, "Protocol error");
      return false;
    case WebFrameReader::Result::message:
      break;
  }
  on_message(opcode, payload);
  return true;
}

void Connection::on_message(WebOpcode opcode, const std::string& payload) {
  if (opcode == WebOpcode::close) {
    send_frame(WebOpcode::close, payload);
    is_last_send_ = true;
    return;
  }
  if (is_over_rate(Clock::now())) return disconnect(1008, "Too many requests");
  if (opcode == WebOpcode::ping) {
    send_frame(WebOpcode::pong, payload);
  } else if (opcode == WebOpcode::pong) {
    // Only the payload of one of our pings counts; it answers the earlier ones, too.
    for (std::size_t i = 0; i < pings_.size(); ++i) {
      if (pings_[i].payload != payload) continue;
      pings_.erase(pings_.begin(), pings_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      break;
    }
  } else {
    const std::vector<std::string> answers = requests_->answer(payload);
    if (upgrade_fault_ == VenueFault::lost_ack) {
      upgrade_fault_.reset();
      return;
    }
    send_texts(answers);
  }
}

bool Connection::is_over_rate(Clock::time_point now) {
  while (!recent_messages_.empty() && now - recent_messages_.front() >= std::chrono::seconds(1)) {
    recent_messages_.pop_front();
  }
  recent_messages_.push_back(now);
  return recent_messages_.size() > context_.messages_per_second_max;
}

void Connection::send_texts(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) send_frame(WebOpcode::text, with_sequence(text));
}

std::string Connection::with_sequence(std::string text) {
  const std::size_t place = text.find(kSequencePlace);
  if (!context_.text.has_sequence() || place == std::string::npos) return text;
  return text.replace(place, kSequencePlace.size(), std::to_string(sequence_++));
}

void Connection::send_frame(WebOpcode opcode, std::string_view payload) {
  append_web_frame(waiting_, opcode, payload);
}

void Connection::disconnect(std::uint16_t code, std::string_view reason) {
  send_frame(WebOpcode::close, close_payload(code, reason));
  is_last_send_ = true;
}

void Connection::sweep(Clock::time_point now) {
  if (is_cut_) return;
  if (ends_at_ && now >= *ends_at_) return cut();
  if (!is_web() || is_last_send_) {
    if (now - last_input_ > kIdleMax) cut();
    return;
  }
  if (!pings_.empty() && now - pings_.front().sent > context_.pong_timeout) {
    disconnect(1008, "Pong timeout");
  } else if (now - last_ping_ >= context_.ping_interval) {
    last_ping_ = now;
    pings_.push_back({wall_ms_text(), now});
    send_frame(WebOpcode::ping, pings_.back().payload);
  }
  if (now - last_heartbeat_ >= std::chrono::seconds(1)) {
    last_heartbeat_ = now;
    send_texts(requests_->heartbeat(context_.clock.now_ms()));
  }
  flush();
}

bool Connection::deliver(KlineFrame& frame) {
  if (is_last_send_ || upgrade_fault_ == VenueFault::unheard) return false;
  if (deliver_faulty(frame)) return !std::exchange(is_dirty_, true);
  if (context_.text.has_sequence()) {
    send_frame(WebOpcode::text, with_sequence(frame.json()));
  } else {
    waiting_ += requests_->is_combined() ? frame.combined() : frame.raw();
  }
  return !std::exchange(is_dirty_, true);
}

void Connection::flush() {
  is_dirty_ = false;
  if (is_cut_) return;
  if (!sending_.empty()) {
    // It takes what is sent more slowly than more comes.
    if (is_web() && waiting_.size() > context_.queue_bytes_max) cut();
    return;
  }
  if (waiting_.empty()) {
    if (is_last_send_) cut();
    return;
  }
  std::swap(sending_, waiting_);
  transport_->async_write(asio::buffer(sending_), [self = shared_from_this()](error_code error, std::size_t) {
    if (error) return self->cut();
    self->sending_.clear();
    self->flush();
  });
}

}  // namespace lockstep::sim
