#include "tools/bench/frames.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/core/decimal.hpp"
#include "tools/bench/price_walk.hpp"

namespace lockstep::bench {
namespace {

constexpr const char* kKlineFrame =
    R"({{"stream":"{0}@kline_1m","data":{{"e":"kline","E":{1},"s":"{2}","k":{{"t":{3},"T":{4},"s":"{2}","i":"1m",)"
    R"("f":19862761,"L":19862790,"o":"{5}","c":"{6}","h":"{7}","l":"{8}","v":"258.77040000","n":130,"x":{9},)"
    R"("q":"11126046.04600000","V":"158.20110000","Q":"6802021.46240000","B":"0"}}}}}})";

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

std::vector<std::string> symbol_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("BENCH{}USDT", i));
  return names;
}

std::string price_text(std::int64_t ticks) {
  return core::decimal_text(ticks, kWalkScale) + "000000";
}

std::string kline_text(std::string_view symbol, const BarTicks& bar, bool is_closed,
                       std::int64_t ts_event_ms) {
  return fmt::format(kKlineFrame, lower_case(symbol), ts_event_ms, symbol, bar.ts_open_ms,
                     bar.ts_open_ms + kMinuteMs - 1, price_text(bar.open), price_text(bar.close),
                     price_text(bar.high), price_text(bar.low), is_closed);
}

std::string websocket_frame(std::string_view text) {
  if (text.size() < 126 || text.size() > 65'535)
    throw std::runtime_error("bench: a frame of unforeseen size");
  constexpr char kFinalText = '\x81';
  constexpr char kTwoLengthBytes = 126;
  std::string frame = {kFinalText, kTwoLengthBytes, static_cast<char>(text.size() >> 8),
                       static_cast<char>(text.size() & 0xff)};
  return frame.append(text);
}

}  // namespace lockstep::bench
