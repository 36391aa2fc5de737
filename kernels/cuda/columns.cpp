#include "kernels/cuda/columns.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "kernels/detail/bar_check.hpp"

namespace lockstep::cuda {
namespace {

using detail::BatchPlan;

/// Takes arrays of doubles, then of bytes, one after the other.
class Placer {
 public:
  Placer(std::byte* memory, std::int64_t cells) : at_(memory), cells_(cells) {}
  template <class T>
  void take(bool is_wanted, std::int64_t columns, T*& array) {
    array = is_wanted ? reinterpret_cast<T*>(at_) : nullptr;
    if (!is_wanted) return;
    const auto bytes = static_cast<std::size_t>(columns * cells_) * sizeof(T);
    at_ += (bytes + 63) / 64 * 64;
  }

 private:
  std::byte* at_;
  std::int64_t cells_;
};

template <class T>
void copy(const T* column, std::int64_t at, T* to, std::int64_t to_at, std::int64_t rows) {
  if (to) std::memcpy(to + to_at, column + at, static_cast<std::size_t>(rows) * sizeof(T));
}
void undefine(double* to, std::int64_t at, std::int64_t rows) {
  if (to) std::fill_n(to + at, rows, kUndefined);
}

/// Where rows go from and to.
struct Rows {
  std::int64_t from;   ///< bar of the first one
  std::int64_t at;     ///< in the column of the launch
  std::int64_t to_at;  ///< in the caller's
  std::int64_t count;
};

void put_verdicts(const U8* verdict, const Rows& rows, const BatchOutputs& out) {
  if (!out.direction && !out.event) return;
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const int both = verdict[rows.at + i];
    if (out.direction) out.direction[rows.to_at + i] = static_cast<std::int8_t>((both & 3) - 1);
    if (out.event) out.event[rows.to_at + i] = static_cast<TradeEvent>(both >> 2);
  }
}

void put_growth(const OutputContext& context, const Rows& rows, double* to) {
  for (std::int64_t i = 0; to && i < rows.count; ++i) {
    const std::int64_t growing = rows.from + i - context.plan.cutout;
    to[rows.to_at + i] = growing < 0 ? kUndefined : context.growth[growing];
  }
}

void put_member_average(const OutputContext& context, int family, int member, const double* column,
                        const Rows& rows, double* to) {
  const bool is_windowed = family == kHma || family == kWma || family == kLsma;
  const double divisor = context.divisors->of[family][member];
  const std::int64_t first = context.plan.family[family].first[member];
  for (std::int64_t i = 0; i < rows.count; ++i) {
    const double value = column[i];
    const double ticks = is_windowed ? static_cast<double>(std::bit_cast<std::int64_t>(value)) : value;
    to[i] = rows.from + i < first ? kUndefined : ticks / divisor;
  }
}

void put_member(const OutputContext& context, const LaunchArgs& host, int family, int member,
                const Rows& rows, std::int64_t caller_rows, const BatchOutputs& out) {
  const int number = kMemberCount * family + member;
  const std::int64_t at = number * host.series * host.out_bars + rows.at;
  const std::int64_t to_at = number * caller_rows + rows.to_at;
  if (!context.plan.family[family].enabled) {
    undefine(out.member_average, to_at, rows.count);
    undefine(out.member_equity, to_at, rows.count);
    if (out.member_signal) std::fill_n(out.member_signal + to_at, rows.count, std::int8_t{0});
    return;
  }
  if (out.member_average) {
    put_member_average(context, family, member, host.member_average + at, rows, out.member_average + to_at);
  }
  copy(host.member_equity, at, out.member_equity, to_at, rows.count);
  copy(host.member_signal, at, out.member_signal, to_at, rows.count);
}

}  // namespace

void WantedColumns::add(const BatchPlan& plan, const BatchOutputs& out) {
  average |= out.average != nullptr;
  verdict |= out.direction || out.event;
  member_average |= out.member_average != nullptr;
  member_signal |= out.member_signal != nullptr;
  member_equity |= out.member_equity != nullptr;
  for (std::size_t f = 0; f < kFamilyCount; ++f) {
    signal[f] |= plan.family[f].enabled && out.signal[f];
    equity[f] |= plan.family[f].enabled && out.equity[f];
  }
}

std::int64_t WantedColumns::bytes() const {
  const auto doubles = std::count(signal.begin(), signal.end(), true) +
                       std::count(equity.begin(), equity.end(), true) + average +
                       kMemberColumns * (member_average + member_equity);
  return 8 * doubles + verdict + kMemberColumns * member_signal;
}

void WantedColumns::place(std::byte* memory, LaunchArgs& args) const {
  Placer placer(memory, args.series * args.out_bars);
  placer.take(average, 1, args.average);
  for (std::size_t f = 0; f < kFamilyCount; ++f) {
    placer.take(signal[f], 1, args.signal[f]);
    placer.take(equity[f], 1, args.equity[f]);
  }
  placer.take(member_average, kMemberColumns, args.member_average);
  placer.take(member_equity, kMemberColumns, args.member_equity);
  placer.take(member_signal, kMemberColumns, args.member_signal);
  placer.take(verdict, 1, args.verdict);
}

int input_words(const BatchPlan& plan, bool has_digest) {
  return (has_digest ? 5 : 1) + (plan.source == Source::close ? 0 : 1);
}

bool pack_bars(const BatchPlan& plan, const BatchSeries& series, std::int64_t first, std::int64_t count,
               bool has_digest, std::int64_t* words) {
  const bool has_price = plan.source != Source::close;
  const auto put = [&](const BarTicks& bar, std::int64_t price) {
    if (has_digest) {
      for (const std::int64_t word : {bar.ts_open_ms, bar.open, bar.high, bar.low}) *words++ = word;
    }
    *words++ = bar.close;
    if (has_price) *words++ = price;
  };
  if (series.bars.empty()) {
    bool is_good = true;
    for (std::int64_t t = first; t < first + count; ++t) {
      const BarTicks bar = series.bar(t);
      is_good &= bar.close > 0 && bar.close <= plan.price_max;
      // Every source is the close, k times.
      put(bar, static_cast<std::int64_t>(static_cast<std::uint64_t>(bar.close) *
                                         static_cast<std::uint64_t>(plan.divisor)));
    }
    return is_good;
  }
  const BarTicks* bars = series.bars.data() + first;
  detail::BarCheck check{plan.price_max, first > 0 ? bars[-1].ts_open_ms : 0, first == 0};
  for (std::int64_t i = 0; i < count; ++i) {
    check.add(bars[i]);
    put(bars[i], has_price ? detail::source_price(plan.source, bars[i]) : 0);
  }
  return !check.is_bad;
}

void unpack_columns(const OutputContext& context, const LaunchArgs& host, std::int64_t index,
                    const BatchSeries& series, std::int64_t from, std::int64_t to) {
  const BatchOutputs& out = series.out;
  const std::int64_t begin = std::max({from, out.first_bar, static_cast<std::int64_t>(host.out_first)});
  const std::int64_t end = std::min(to, series.size());
  if (begin >= end) return;
  const Rows rows{begin, index * host.out_bars + (begin - host.out_first), begin - out.first_bar,
                  end - begin};
  copy(host.average, rows.at, out.average, rows.to_at, rows.count);
  put_verdicts(host.verdict, rows, out);
  put_growth(context, rows, out.growth);
  const bool has_members = out.member_average || out.member_signal || out.member_equity;
  for (int f = 0; f < kFamilyCount; ++f) {
    const auto at = static_cast<std::size_t>(f);
    if (context.plan.family[f].enabled) {
      copy(host.signal[f], rows.at, out.signal[at], rows.to_at, rows.count);
      copy(host.equity[f], rows.at, out.equity[at], rows.to_at, rows.count);
    } else {
      undefine(out.signal[at], rows.to_at, rows.count);
      undefine(out.equity[at], rows.to_at, rows.count);
    }
    for (int j = 0; has_members && j < kMemberCount; ++j) {
      put_member(context, host, f, j, rows, series.size() - out.first_bar, out);
    }
  }
}

}  // namespace lockstep::cuda
