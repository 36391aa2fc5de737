#include "feeds/link.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/defence.hpp"
#include "feeds/net/clock.hpp"
#include "feeds/net/log.hpp"

namespace lockstep::feeds {
namespace {

using core::Reason;
using std::chrono::milliseconds;

milliseconds since(std::int64_t ns) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(net::monotonic_ns() - ns));
}

}  // namespace

Link::Link(boost::asio::io_context& io, LinkSettings settings, Handlers handlers)
    : io_(io),
      settings_(std::move(settings)),
      handlers_(std::move(handlers)),
      backoff_(settings_.backoff_base, settings_.backoff_max, settings_.seed),
      retry_timer_(io),
      tick_timer_(io) {}

void Link::start() {
  plan(milliseconds(0));
}

void Link::stop() {
  is_stopped_ = true;
  is_open_ = false;
  retry_timer_.cancel();
  tick_timer_.cancel();
  if (session_) std::exchange(session_, nullptr)->close();
}

void Link::plan(milliseconds wait) {
  retry_timer_.expires_after(wait);
  retry_timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error && !self->is_stopped_) self->attempt();
  });
}

void Link::attempt() {
  ++attempts_;
  // The session calls nothing after close(), and closed before this link goes, so a plain pointer is safe
  // there; the text handler runs for every frame.
  net::WsSession::Handlers handlers;
  handlers.opened = [this] { opened(); };
  handlers.text = [this](std::string_view text, std::int64_t recv_ns) {
    if (settings_.tap) settings_.tap->frame(settings_.name, text, recv_ns);
    handlers_.text(text, recv_ns);
  };
  handlers.closed = [this](const std::string& why) { drop(Reason::disconnected, why); };
  session_ = std::make_shared<net::WsSession>(io_, settings_.ws, std::move(handlers));
  session_->start();
}

void Link::opened() {
  is_open_ = true;
  is_aged_ = false;
  opened_ns_ = net::monotonic_ns();
  first_data_ns_ = last_data_ns_ = 0;
  net::log()->info("{}: connected", settings_.name);
  if (settings_.tap) settings_.tap->opened(settings_.name);
  tick();
  handlers_.opened();
}

void Link::send(std::string text) {
  if (session_) session_->send(std::move(text));
}

void Link::note_data(std::int64_t recv_ns) {
  if (first_data_ns_ == 0) first_data_ns_ = recv_ns;
  last_data_ns_ = recv_ns;
}

void Link::drop(Reason reason, const std::string& why) {
  if (is_stopped_ || !session_) return;
  const std::shared_ptr<Link> self = shared_from_this();
  const bool was_open = std::exchange(is_open_, false);
  std::exchange(session_, nullptr)->close();
  tick_timer_.cancel();
  const milliseconds wait = backoff_.next();
  net::log()->warn("{}: {}; next attempt in {} ms", settings_.name, why, wait.count());
  plan(wait);
  if (was_open && settings_.tap) settings_.tap->lost(settings_.name);
  handlers_.lost(reason, why, was_open);
}

bool Link::has_good_data() const {
  return first_data_ns_ != 0 &&
         std::chrono::nanoseconds(last_data_ns_ - first_data_ns_) >= settings_.good_data;
}

void Link::tick() {
  // A venue that accepts, sends a little and drops must not be hammered: only lasting data ends the backoff.
  if (has_good_data() || !LOCKSTEP_DEFENCE(reset_after_good_data)) backoff_.reset();
  if (since(std::max(opened_ns_, last_data_ns_)) >= settings_.silence && LOCKSTEP_DEFENCE(silence_deadline)) {
    return drop(Reason::silent, fmt::format("connected, but no data for {} ms", settings_.silence.count()));
  }
  if (since(opened_ns_) >= settings_.lifetime && !std::exchange(is_aged_, true)) {
    handlers_.aged();
    if (!is_open_) return;
  }
  tick_timer_.expires_after(std::min(milliseconds(250), settings_.silence / 4));
  tick_timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error && self->is_open_) self->tick();
  });
}

}  // namespace lockstep::feeds
