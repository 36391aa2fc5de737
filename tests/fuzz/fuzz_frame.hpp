// Any bytes as a frame of a venue: never a crash, never a text outside the frame's memory, the same answer
// twice.
#pragma once

#include <cstdlib>
#include <string>

#include "feeds/bar_reader.hpp"
#include "feeds/frame.hpp"

namespace lockstep::fuzz {

/// Reads every byte, so that the sanitizer sees a text that points to nowhere.
inline std::size_t touch(std::string_view text) {
  std::size_t sum = 0;
  for (const char c : text) sum += static_cast<unsigned char>(c);
  return sum;
}

inline void check_bar(const feeds::BarTexts& bar) {
  static const core::Interval minute = *core::Interval::parse("1m");
  volatile std::size_t sum =
      touch(bar.open) + touch(bar.high) + touch(bar.low) + touch(bar.close) + touch(bar.volume);
  sum = sum + 1;
  core::MarketEvent event;
  if (feeds::read_bar(bar, minute, 8, event) == core::Reason::none) {
    const BarTicks& ticks = event.bar;
    if (ticks.low <= 0 || ticks.low > ticks.open || ticks.close > ticks.high ||
        !minute.on_grid(ticks.ts_open_ms))
      std::abort();
  }
  feeds::scale_needed(bar);
}

/// Whether `frame` holds what its kind promises, every text of it readable.
inline void check_frame(const feeds::Frame& frame) {
  using feeds::FrameKind;
  volatile std::size_t sum = touch(frame.reply.message);
  for (const auto& name : frame.reply.names) sum = sum + touch(name.symbol) + touch(name.interval);
  for (const feeds::BarRecord& bar : frame.bars) {
    sum = sum + touch(bar.symbol) + touch(bar.interval);
    check_bar(bar.bar);
  }
  for (const feeds::TradeRecord& trade : frame.trades) {
    sum = sum + touch(trade.symbol) + touch(trade.price) + touch(trade.quantity) + touch(trade.trade_id) +
          touch(trade.origin);
  }
  if (frame.kind == FrameKind::bar && frame.bars.empty()) std::abort();
  if (frame.kind == FrameKind::trade && frame.trades.empty()) std::abort();
}

inline bool is_same(const feeds::Frame& a, const feeds::Frame& b) {
  if (a.kind != b.kind || a.sequence != b.sequence || a.ts_event_ms != b.ts_event_ms) return false;
  if (a.bars.size() != b.bars.size() || a.trades.size() != b.trades.size()) return false;
  for (std::size_t i = 0; i < a.bars.size(); ++i) {
    const feeds::BarRecord &x = a.bars[i], &y = b.bars[i];
    const bool is_bar_same = x.bar.ts_open_ms == y.bar.ts_open_ms && x.bar.open == y.bar.open &&
                             x.bar.high == y.bar.high && x.bar.low == y.bar.low &&
                             x.bar.close == y.bar.close && x.bar.volume == y.bar.volume;
    if (!is_bar_same || x.symbol != y.symbol || x.interval != y.interval || x.state != y.state) return false;
  }
  return true;
}

/// The texts of a frame last until the parser's next one, so what is compared with it comes from another
/// parser.
inline int run_frame(feeds::FrameParser& parser, feeds::FrameParser& other_parser, const std::uint8_t* data,
                     std::size_t size) {
  // What lies behind a frame is another one, as in the read buffer.
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes += std::string(feeds::kJsonPadding, '"');
  const std::string_view text(bytes.data(), size);
  feeds::Frame frame;
  const feeds::ParseResult result = parser.parse(text, frame);
  if (result.is_ok()) {
    check_frame(frame);
  } else if (!frame.bars.empty()) {
    volatile std::size_t sum = touch(frame.bars.front().symbol) + touch(frame.bars.front().interval);
    sum = sum + result.text().size();
  }
  feeds::Frame again;
  if (other_parser.parse(text, again).status != result.status || (result.is_ok() && again.kind != frame.kind))
    std::abort();
  // A blank behind it keeps the frame patterns away: the parser itself must read the same. (OKX's pong is no
  // JSON.)
  std::string spaced = std::string(text) + ' ';
  spaced.reserve(spaced.size() + feeds::kJsonPadding);
  feeds::Frame slow;
  const feeds::ParseResult other = other_parser.parse(spaced, slow);
  if (text != "pong" && (other.status != result.status || (result.is_ok() && !is_same(slow, frame))))
    std::abort();
  return 0;
}

}  // namespace lockstep::fuzz
