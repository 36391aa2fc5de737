// Any bytes as a Binance frame: never a crash, never a text outside the frame's memory, the same answer
// twice.
#include <cstdlib>
#include <string>

#include "feeds/bar_reader.hpp"
#include "feeds/binance/parse.hpp"

using namespace lockstep;
using namespace lockstep::feeds;

namespace {

/// Reads every byte, so that the sanitizer sees a text that points to nowhere.
std::size_t touch(std::string_view text) {
  std::size_t sum = 0;
  for (const char c : text) sum += static_cast<unsigned char>(c);
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static binance::FrameParser parser;
  static const core::Interval minute = *core::Interval::parse("1m");
  // What lies behind a frame is another one, as in the read buffer.
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes += std::string(kJsonPadding, '"');
  const std::string_view text(bytes.data(), size);
  binance::Frame frame;
  const ParseResult result = parser.parse(text, frame);
  volatile std::size_t sum = touch(frame.kline.symbol) + touch(frame.kline.interval) + result.text().size();
  if (result.is_ok() && frame.kind == binance::FrameKind::bar) {
    const BarTexts& bar = frame.kline.bar;
    sum = sum + touch(bar.open) + touch(bar.high) + touch(bar.low) + touch(bar.close) + touch(bar.volume);
    core::MarketEvent event;
    if (read_bar(bar, minute, 8, event) == core::Reason::none) {
      const BarTicks& ticks = event.bar;
      if (ticks.low <= 0 || ticks.low > ticks.open || ticks.close > ticks.high ||
          !minute.on_grid(ticks.ts_open_ms))
        abort();
    }
    scale_needed(bar);
  }
  if (result.is_ok() && frame.kind == binance::FrameKind::trade) {
    sum = sum + touch(frame.trade.symbol) + touch(frame.trade.price) + touch(frame.trade.quantity) +
          touch(frame.trade.trade_id) + touch(frame.trade.origin);
  }
  if (result.is_ok() && frame.kind == binance::FrameKind::error) sum = sum + touch(frame.reply.message);
  binance::Frame again;
  if (parser.parse(text, again).status != result.status || (result.is_ok() && again.kind != frame.kind))
    abort();
  return 0;
}
