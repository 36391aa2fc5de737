#include "tests/support/reference_averages.hpp"

#include <cstddef>
#include <cstdlib>
#include <numeric>

namespace lockstep::test {
namespace {

int sign(Int128 value) {
  return (value > 0) - (value < 0);
}

Int128 source_price(Source source, const BarTicks& bar) {
  const Int128 open = bar.open;
  const Int128 high = bar.high;
  const Int128 low = bar.low;
  const Int128 close = bar.close;
  switch (source) {
    case Source::close:
      return close;
    case Source::open:
      return open;
    case Source::high:
      return high;
    case Source::low:
      return low;
    case Source::hl2:
      return high + low;
    case Source::hlc3:
      return high + low + close;
    case Source::ohlc4:
      return open + high + low + close;
    case Source::hlcc4:
      return high + low + close + close;
  }
  std::abort();
}

int divisor(Source source) {
  if (source == Source::hl2) return 2;
  if (source == Source::hlc3) return 3;
  return source == Source::ohlc4 || source == Source::hlcc4 ? 4 : 1;
}

Window sma_window(int length) {
  return {std::vector<Int128>(static_cast<std::size_t>(length), 1), length};
}

/// 2W / (L(L+1)), W with weight L on the newest price.
Window wma_window(int length) {
  Window window;
  for (int i = 0; i < length; ++i) window.coefficient.push_back(2 * (length - i));
  window.denominator = length * (length + 1);
  return window;
}

/// (6W - 2(L+1)S) / (L(L+1)).
Window lsma_window(int length) {
  Window window;
  for (int i = 0; i < length; ++i) window.coefficient.push_back(6 * (length - i) - 2 * (length + 1));
  window.denominator = length * (length + 1);
  return window;
}

/// WMA over the last floor(sqrt(L)) values of 2*WMA(floor(L/2)) - WMA(L), over the least common denominator.
Window hull_window(int length) {
  int root = 1;
  while ((root + 1) * (root + 1) <= length) ++root;
  const Window half = wma_window(length / 2);
  const Window whole = wma_window(length);
  const Window outer = wma_window(root);
  Window window;
  window.coefficient.assign(static_cast<std::size_t>(length + root - 1), 0);
  window.denominator = outer.denominator * half.denominator * whole.denominator;
  for (std::size_t i = 0; i < outer.coefficient.size(); ++i) {
    for (std::size_t j = 0; j < half.coefficient.size(); ++j) {
      window.coefficient[i + j] += outer.coefficient[i] * 2 * half.coefficient[j] * whole.denominator;
    }
    for (std::size_t j = 0; j < whole.coefficient.size(); ++j) {
      window.coefficient[i + j] -= outer.coefficient[i] * whole.coefficient[j] * half.denominator;
    }
  }
  Int128 common = window.denominator;
  for (Int128 coefficient : window.coefficient) {
    while (coefficient != 0) {
      const Int128 rest = common % coefficient;
      common = coefficient;
      coefficient = rest;
    }
    common = common < 0 ? -common : common;
  }
  for (Int128& coefficient : window.coefficient) coefficient /= common;
  window.denominator /= common;
  return window;
}

std::vector<MemberValue> windowed_average(const Window& window, const AverageInput& input) {
  std::vector<MemberValue> values(input.price.size());
  for (std::size_t t = window.coefficient.size() - 1; t < values.size(); ++t) {
    Int128 numerator = 0;
    for (std::size_t i = 0; i < window.coefficient.size(); ++i) {
      numerator += window.coefficient[i] * input.price[t - i];
    }
    const int side = sign(input.close[t] * window.denominator - numerator);
    values[t] = {true, side,
                 static_cast<double>(numerator) / static_cast<double>(window.denominator * input.unit)};
  }
  return values;
}

/// The value of a recurrence on one bar, against the close as a double.
MemberValue recurrence_value(double average, Int128 close, Int128 unit) {
  const double c = static_cast<double>(close);
  return {true, (c > average) - (c < average), average / static_cast<double>(unit)};
}

/// EMA of price in 1/k ticks; undefined before bar length - 1.
std::vector<double> ema_series(const std::vector<Int128>& price, int length) {
  std::vector<double> ema(price.size(), kUndefined);
  const double alpha = 2.0 / (length + 1);
  const std::size_t first = static_cast<std::size_t>(length) - 1;
  for (std::size_t t = first; t < price.size(); ++t) {
    if (t == first) {
      const Int128 sum = std::accumulate(price.begin(), price.begin() + length, Int128{0});
      ema[t] = static_cast<double>(sum) / length;
    } else {
      ema[t] = ema[t - 1] + alpha * (static_cast<double>(price[t]) - ema[t - 1]);
    }
  }
  return ema;
}

std::vector<double> dema_series(const std::vector<Int128>& price, int length) {
  const std::vector<double> e1 = ema_series(price, length);
  std::vector<double> dema(price.size(), kUndefined);
  const double alpha = 2.0 / (length + 1);
  const std::size_t first = 2 * static_cast<std::size_t>(length) - 2;
  double e2 = 0;
  for (std::size_t t = first; t < price.size(); ++t) {
    if (t == first) {
      for (std::size_t i = static_cast<std::size_t>(length) - 1; i <= first; ++i) e2 += e1[i];
      e2 = e2 / length;
    } else {
      e2 = e2 + alpha * (e1[t] - e2);
    }
    dema[t] = 2 * e1[t] - e2;
  }
  return dema;
}

double kama_ratio(const std::vector<Int128>& price, int length, std::size_t t) {
  const std::size_t n = static_cast<std::size_t>(length);
  if (t < n) return 0;
  const auto distance = [&](std::size_t a, std::size_t b) {
    return price[a] > price[b] ? price[a] - price[b] : price[b] - price[a];
  };
  Int128 noise = 0;
  for (std::size_t i = t - n + 1; i <= t; ++i) noise += distance(i, i - 1);
  return noise == 0 ? 0 : static_cast<double>(distance(t, t - n)) / static_cast<double>(noise);
}

std::vector<double> kama_series(const std::vector<Int128>& price, int length, KamaSeed seed) {
  std::vector<double> kama;
  double k = 0;
  for (std::size_t t = 0; t < price.size(); ++t) {
    const double q = kama_ratio(price, length, t) * (0.666 - 0.064) + 0.064;
    const double smooth = q * q;
    if (seed == KamaSeed::price && t < static_cast<std::size_t>(length)) {
      k = static_cast<double>(price[0]);
    } else {
      k = k + smooth * (static_cast<double>(price[t]) - k);
    }
    kama.push_back(k);
  }
  return kama;
}

std::vector<MemberValue> recurrent_average(const std::vector<double>& average, const AverageInput& input) {
  std::vector<MemberValue> values(average.size());
  for (std::size_t t = 0; t < values.size(); ++t) {
    if (!is_undefined(average[t])) values[t] = recurrence_value(average[t], input.close[t], input.unit);
  }
  return values;
}

}  // namespace

AverageInput average_input(const AtcConfig& config, int price_scale, std::span<const BarTicks> bars) {
  AverageInput input;
  const int k = divisor(config.source);
  for (const BarTicks& bar : bars) {
    input.price.push_back(source_price(config.source, bar));
    input.close.push_back(Int128{bar.close} * k);
  }
  input.unit = k;
  for (int i = 0; i < price_scale; ++i) input.unit *= 10;
  return input;
}

Window average_window(const AtcConfig& config, int family, int length) {
  switch (static_cast<Family>(family)) {
    case Family::hma:
      return config.hma == HmaKind::hull ? hull_window(length) : sma_window(length);
    case Family::wma:
      return wma_window(length);
    case Family::lsma:
      return lsma_window(length);
    default:
      std::abort();
  }
}

std::vector<MemberValue> member_averages(const AtcConfig& config, int family, int length,
                                         const AverageInput& input) {
  switch (static_cast<Family>(family)) {
    case Family::ema:
      return recurrent_average(ema_series(input.price, length), input);
    case Family::dema:
      return recurrent_average(dema_series(input.price, length), input);
    case Family::kama:
      return recurrent_average(kama_series(input.price, length, config.kama_seed), input);
    default:
      return windowed_average(average_window(config, family, length), input);
  }
}

}  // namespace lockstep::test
