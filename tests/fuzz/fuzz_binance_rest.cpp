// Any bytes as a REST body of Binance.
#include <string>

#include "feeds/binance/parse_rest.hpp"

using namespace lockstep::feeds;

namespace {

const lockstep::core::Interval kMinute = *lockstep::core::Interval::parse("1m");

std::size_t touch(std::string_view text) {
  std::size_t sum = 0;
  for (const char c : text) sum += static_cast<unsigned char>(c);
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static binance::RestParser parser;
  std::string body(reinterpret_cast<const char*>(data), size);
  volatile std::size_t sum = 0;
  std::vector<HistoryRow> bars;
  if (parser.parse_klines(body, kMinute, bars).is_ok()) {
    for (const HistoryRow& row : bars) {
      sum = sum + touch(row.bar.open) + touch(row.bar.high) + touch(row.bar.low) + touch(row.bar.close) +
            touch(row.bar.volume);
    }
  }
  std::vector<TradeRow> trades;
  if (parser.parse_trades(body, trades).is_ok()) {
    for (const auto& row : trades) sum = sum + touch(row.price) + touch(row.quantity) + touch(row.trade_id);
  }
  std::int64_t server_time_ms = 0;
  parser.parse_exchange_info(body, server_time_ms, [&](const binance::SymbolInfo& info) {
    sum = sum + touch(info.symbol) + touch(info.status) + touch(info.tick_size);
  });
  return 0;
}
