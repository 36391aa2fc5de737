#include "feeds/trade_bars.hpp"

#include <algorithm>
#include <tuple>

namespace lockstep::feeds {

void QuantitySum::add(std::int64_t units, int scale) {
  Wide wide = units;
  for (; scale_ < scale; ++scale_) units_ *= 10;
  for (; scale < scale_; ++scale) wide *= 10;
  units_ += wide;
}

double QuantitySum::value() const {
  double divisor = 1;  // a power of ten up to 10^18 is a double
  for (int i = 0; i < scale_; ++i) divisor *= 10;
  return static_cast<double>(units_) / divisor;
}

bool operator==(const QuantitySum& a, const QuantitySum& b) {
  QuantitySum left = a, right = b;
  left.add(0, b.scale_);
  right.add(0, a.scale_);
  return left.units_ == right.units_;
}

template <class Boundary>
void TradeBars<Boundary>::reset() {
  bars_.clear();
  first_whole_.reset();
  newest_ms_ = 0;
}

template <class Boundary>
void TradeBars<Boundary>::add_to(Running& running, const Trade& trade) {
  TradeBar& out = running.bar;
  BarTicks& bar = out.bar;
  const bool is_first = out.trades == 0;
  if (is_first || std::tie(trade.ts_ms, trade.id) < std::tie(running.first_ms, running.first_id)) {
    running.first_ms = trade.ts_ms;
    running.first_id = trade.id;
    bar.open = trade.price_ticks;
  }
  if (is_first || std::tie(trade.ts_ms, trade.id) > std::tie(running.last_ms, running.last_id)) {
    running.last_ms = trade.ts_ms;
    running.last_id = trade.id;
    bar.close = trade.price_ticks;
  }
  bar.high = is_first ? trade.price_ticks : std::max(bar.high, trade.price_ticks);
  bar.low = is_first ? trade.price_ticks : std::min(bar.low, trade.price_ticks);
  out.volume.add(trade.quantity_units, trade.quantity_scale);
  out.ts_event_ms = std::max(out.ts_event_ms, trade.ts_ms);
  ++out.trades;
  running.is_changed = true;
}

template <class Boundary>
void TradeBars<Boundary>::add(const Trade& trade) {
  const std::int64_t key = boundary_.bar_of(trade);
  if (!first_whole_) first_whole_ = boundary_.next(key);
  newest_ms_ = std::max(newest_ms_, trade.ts_ms);
  if (key < *first_whole_) return;
  const bool is_over = boundary_.is_over(key, newest_ms_);
  if (is_over && !bars_.empty() && key < bars_.begin()->first && bars_.size() >= kClosedKept) {
    ++too_late_;
    return;
  }
  Running& running = bars_[key];
  running.bar.bar.ts_open_ms = key;
  if (running.bar.is_closed) ++late_;
  add_to(running, trade);
}

template <class Boundary>
const std::vector<TradeBar>& TradeBars<Boundary>::take(const std::vector<Trade>& trades) {
  out_.clear();
  for (const Trade& trade : trades) {
    add(trade);
    for (auto& [key, running] : bars_) {
      if (!boundary_.is_over(key, newest_ms_)) break;
      if (!running.is_changed && running.bar.is_closed) continue;
      running.bar.is_closed = true;
      running.is_changed = false;
      running.bar.ts_event_ms = newest_ms_;
      out_.push_back(running.bar);
    }
  }
  while (bars_.size() > kClosedKept && bars_.begin()->second.bar.is_closed) bars_.erase(bars_.begin());
  if (!bars_.empty()) {
    Running& newest = bars_.rbegin()->second;
    if (!newest.bar.is_closed && newest.is_changed) out_.push_back(newest.bar);
    newest.is_changed = false;
  }
  return out_;
}

template class TradeBars<TimeBoundary>;

}  // namespace lockstep::feeds
