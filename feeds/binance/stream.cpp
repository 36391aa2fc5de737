#include "feeds/binance/stream.hpp"

#include <algorithm>
#include <cctype>

#include "feeds/net/escape.hpp"

namespace lockstep::feeds::binance {
namespace {

using core::Reason;
using core::SeriesId;

static_assert(net::WsSession::kPaddingBytes >= kJsonPadding);

/// Code of a request that is not understood, as a stream name that the venue does not have.
constexpr std::int64_t kInvalidRequest = 2;

/// Stream names are lower case, symbols in frames upper case; bytes beyond ASCII stay as they are.
std::string stream_name(const core::Series& series) {
  std::string name = series.symbol;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name + "@kline_" + series.interval.text();
}

}  // namespace

Stream::Stream(boost::asio::io_context& io, const StreamContext& context, LinkSettings settings,
               std::vector<SeriesId> series)
    : context_(context), name_(settings.name), series_(std::move(series)), ack_timer_(io) {
  // The link calls nothing after its stop(), which comes before this object goes.
  Link::Handlers handlers;
  handlers.opened = [this] { subscribe_all(); };
  handlers.text = [this](std::string_view text, std::int64_t recv_ns) { take(text, recv_ns); };
  handlers.lost = [this](Reason reason, const std::string& why, bool was_open) {
    lost(reason, why, was_open);
  };
  link_ = std::make_shared<Link>(io, std::move(settings), std::move(handlers));
}

void Stream::stop() {
  alive_.reset();
  link_->stop();
  ack_timer_.cancel();
}

void Stream::subscribe_all() {
  pending_.clear();
  for (std::size_t begin = 0; begin < series_.size(); begin += kChunkSeriesMax) {
    const std::size_t end = std::min(begin + kChunkSeriesMax, series_.size());
    subscribe(Chunk(series_.begin() + static_cast<std::ptrdiff_t>(begin),
                    series_.begin() + static_cast<std::ptrdiff_t>(end)));
  }
  await_acks();
}

void Stream::subscribe(Chunk chunk) {
  std::erase_if(chunk, [this](SeriesId id) { return context_.outlet.is_rejected(id); });
  if (chunk.empty()) return;
  std::string names;
  for (const SeriesId id : chunk) {
    // Symbols come from the venue's own list, so they hold nothing that JSON would have to escape.
    names += (names.empty() ? "\"" : ",\"") + stream_name(context_.catalog[id]) + '"';
  }
  const std::int64_t id = next_id_++;
  pending_.emplace(id, std::move(chunk));
  link_->send(fmt::format(R"({{"method":"SUBSCRIBE","params":[{}],"id":{}}})", names, id));
}

void Stream::await_acks() {
  // The message budget lets some requests a second through, so more of them take longer.
  ack_timer_.expires_after(kAckWait + std::chrono::milliseconds(500) * pending_.size());
  ack_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (!error && !alive.expired() && !pending_.empty())
      link_->drop(Reason::disconnected, "a subscription was not acknowledged in time");
  });
}

void Stream::take(std::string_view text, std::int64_t recv_ns) {
  ++counters_.frames;
  if (context_.outlet.has_pending()) context_.outlet.flush();
  text_ = text;
  const ParseResult result = parser_.parse(text, frame_);
  if (!result.is_ok()) {
    const auto series = context_.table.find(frame_.kline.symbol, frame_.kline.interval);
    if (series) return refuse(*series, Reason::record_unusable, result.text(), 0);
    ++counters_.records_refused;
    std::uint64_t skipped = 0;
    if (log_gate_.open(skipped)) net::log()->warn("{}: {}: '{}'", name_, result.text(), net::escape(text));
    return;
  }
  switch (frame_.kind) {
    case FrameKind::bar:
      return take_kline(frame_.kline, recv_ns);
    case FrameKind::ack:
      return take_ack(frame_.reply);
    case FrameKind::error:
      return take_error(frame_.reply);
    case FrameKind::server_shutdown:
      return link_->drop(Reason::disconnected, "the venue announces a restart", true);
    default:
      ++counters_.frames_unknown;
  }
}

void Stream::take_kline(const Kline& kline, std::int64_t recv_ns) {
  link_->note_data(recv_ns);
  const std::optional<SeriesId> id = context_.table.find(kline.symbol, kline.interval);
  // Nothing counts before the acknowledgement: history is asked for from there on.
  if (!id || !context_.outlet.is_up(*id)) {
    ++counters_.frames_unknown;
    return;
  }
  const core::Interval& interval = context_.catalog[*id].interval;
  if (!is_time_plausible(kline.ts_event_ms)) {
    return refuse(*id, Reason::record_unusable, "event time outside 2009 to 2100", kline.ts_event_ms);
  }
  core::MarketEvent event;
  Reason reason = read_bar(kline.bar, interval, context_.outlet.price_scale(*id), event);
  if (reason == Reason::scale_changed) {
    const std::optional<int> scale = scale_needed(kline.bar);
    if (!scale) return refuse(*id, Reason::price_refused, "more than 18 decimals", kline.ts_event_ms);
    net::log()->warn("{}: {} {} has prices with {} decimals; its price scale was {}", name_,
                     net::escape(kline.symbol), net::escape(kline.interval), *scale,
                     context_.outlet.price_scale(*id));
    context_.outlet.change_scale(*id, *scale);
    reason = read_bar(kline.bar, interval, *scale, event);
  }
  if (reason != Reason::none) return refuse(*id, reason, core::to_string(reason), kline.ts_event_ms);
  // The flag alone does not close a bar; exchange time must be past its last millisecond as well (fault D5).
  if (kline.is_closed && kline.ts_event_ms < interval.next_open_ms(event.bar.ts_open_ms) - 1) {
    return refuse(*id, Reason::record_unusable, "closed before its end", kline.ts_event_ms);
  }
  context_.clock.note(kline.ts_event_ms, recv_ns);
  event.kind = core::EventKind::bar;
  event.series = *id;
  event.is_closed = kline.is_closed ? 1 : 0;
  event.ts_event_ms = kline.ts_event_ms;
  event.ts_recv_ns = recv_ns;
  context_.outlet.bar(event);
}

void Stream::take_ack(const Reply& reply) {
  const auto found = pending_.find(reply.id);
  if (found == pending_.end()) return;
  const Chunk chunk = std::move(found->second);
  pending_.erase(found);
  for (const SeriesId id : chunk) context_.outlet.stream_up(id);
  if (pending_.empty()) last_error_.clear();
}

void Stream::take_error(const Reply& reply) {
  last_error_ =
      fmt::format("{}: the venue answers code {} '{}'", name_, reply.code, net::escape(reply.message));
  const auto found = pending_.find(reply.id);
  if (found == pending_.end() || reply.code != kInvalidRequest)
    return link_->drop(Reason::disconnected, last_error_);
  const Chunk chunk = std::move(found->second);
  pending_.erase(found);
  if (chunk.size() == 1) {
    const core::Series& series = context_.catalog[chunk.front()];
    net::log()->error("{}: {} {} is rejected: code {} '{}'", name_, net::escape(series.symbol),
                      series.interval.text(), reply.code, net::escape(reply.message));
    return context_.outlet.rejected(chunk.front(), Reason::symbol_unknown);
  }
  // One bad name spoils a whole request, and the answer does not say which (fault N10).
  const auto middle = chunk.begin() + static_cast<std::ptrdiff_t>(chunk.size() / 2);
  subscribe(Chunk(chunk.begin(), middle));
  subscribe(Chunk(middle, chunk.end()));
  await_acks();
}

void Stream::refuse(SeriesId series, Reason reason, std::string_view why, std::int64_t ts_event_ms) {
  ++counters_.records_refused;
  context_.outlet.refused(series, reason, ts_event_ms);
  std::uint64_t skipped = 0;
  if (log_gate_.open(skipped)) {
    net::log()->warn("{}: record refused ({}): '{}' ({} more lines like this were held back)", name_, why,
                     net::escape(text_, 400), skipped);
  }
}

void Stream::lost(Reason reason, const std::string& why, bool was_open) {
  last_error_ = fmt::format("{}: {}", name_, why);
  pending_.clear();
  ack_timer_.cancel();
  if (!was_open) return;
  for (const SeriesId id : series_) {
    if (context_.outlet.is_up(id)) context_.outlet.stream_down(id, reason);
  }
}

}  // namespace lockstep::feeds::binance
