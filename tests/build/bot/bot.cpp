// A bot in forty lines: history in, then bar by bar, acting on events. It knows lockstep::incremental and
// nothing else.
#include <cstdint>
#include <cstdio>
#include <random>

#include "incremental/state.hpp"

namespace {

// Stands for your exchange: one-minute bars in cents.
class Market {
 public:
  lockstep::BarTicks next_bar() {
    const std::int64_t open = price_;
    price_ += static_cast<std::int64_t>(random_() % 101) - 50;
    if (price_ < 1000) price_ = 1000;
    const std::int64_t high = open > price_ ? open : price_, low = open < price_ ? open : price_;
    return {ts_ms_ += 60'000, open, high, low, price_};
  }

 private:
  std::mt19937_64 random_{7};
  std::int64_t price_ = 100'00;
  std::int64_t ts_ms_ = 1'700'000'040'000;
};

}  // namespace

int main() {
  lockstep::AtcConfig config;  // the script's defaults; every field is documented in incremental/config.hpp
  config.robustness = lockstep::Robustness::wide;
  lockstep::AtcState atc(lockstep::AtcParams::create(config, /*price_scale=*/2));

  Market market;
  lockstep::Outputs out;
  for (int i = 0; i < 1000; ++i) {  // warm up on history
    if (atc.commit(market.next_bar(), out) != lockstep::Status::ok) return 1;
  }
  if (!atc.is_warm()) return 1;

  int position = out.direction, trades = 0;
  for (int i = 0; i < 1000; ++i) {
    const lockstep::BarTicks bar = market.next_bar();
    lockstep::Outputs preview;
    atc.peek(bar, preview);  // while the bar is open: what it would give if it closed now
    const lockstep::Status status = atc.commit(bar, out);
    if (status != lockstep::Status::ok) {
      std::fprintf(stderr, "bar refused: %s\n", lockstep::to_string(status));
      return 1;
    }
    if (preview.average != out.average) return 1;  // to the bit, by promise
    if (out.event == lockstep::TradeEvent::none) continue;
    position = out.event == lockstep::TradeEvent::long_ ? 1 : -1;
    ++trades;
    std::printf("bar %d: go %s at %.2f (average %.4f)\n", i, position > 0 ? "long" : "short",
                static_cast<double>(bar.close) / 100, out.average);
  }
  std::printf("%d trades, digest %s\n", trades, atc.digest().hex().c_str());
  return trades > 0 ? 0 : 1;
}
