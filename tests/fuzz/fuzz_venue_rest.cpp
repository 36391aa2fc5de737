// Any bytes as a REST body of any venue but Binance, which has its own. The first byte picks venue and
// question.
#include <string>
#include <vector>

#include "feeds/venue.hpp"
#include "tests/fuzz/fuzz_frame.hpp"

using namespace lockstep;
using namespace lockstep::feeds;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const core::Interval minute = *core::Interval::parse("1m");
  const Venue* venue = venues()[data[0] / 3 % venues().size()];
  const auto rest = venue->make_rest();
  std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  volatile std::size_t sum = 0;
  if (data[0] % 3 == 0) {
    std::vector<HistoryRow> rows;
    if (rest->parse_bars(body, minute, rows).empty()) {
      for (const HistoryRow& row : rows) fuzz::check_bar(row.bar);
    }
  } else if (data[0] % 3 == 1) {
    std::string cursor;
    sum =
        rest->parse_listing(
                body,
                [&](const ListedSymbol& s) { sum = sum + fuzz::touch(s.symbol) + fuzz::touch(s.tick_size); },
                cursor)
            .size();
  } else {
    std::int64_t server_time_ms = 0;
    if (rest->parse_time(body, server_time_ms).empty() && !is_time_plausible(server_time_ms)) std::abort();
  }
  return 0;
}
