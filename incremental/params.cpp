#include "incremental/params.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

#include "incremental/detail/state_block.hpp"
#include "incremental/exp.hpp"

namespace lockstep {
namespace {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

using detail::HullTable;
using detail::MemberTable;
using detail::Tables;

/// Raised whenever the same input would give other bits, or the state block changes: old state bytes are
/// refused then.
constexpr std::uint64_t kArithmeticVersion = 1;

Int128 power_of_ten(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// Collects what the windows of a configuration can reach, per unit of price.
struct Reach {
  Int128 most = 1;

  /// sign(c * D - N) and N must fit an int64, N = sum of coefficient(i) * p_{t-i}, every p in 1..limit.
  template <class Coefficient>
  void add_window(Int128 denominator, std::int64_t bars, Coefficient coefficient) {
    Int128 up = 0, down = 0;
    for (std::int64_t i = 0; i < bars; ++i) {
      const Int128 value = coefficient(i);
      (value > 0 ? up : down) += value;
    }
    most = std::max({most, up, denominator - down});
  }
  void add_sum(std::int64_t bars) { most = std::max(most, static_cast<Int128>(bars)); }
};

void fill_hull(Tables& tables, int member, std::int64_t length, Reach& reach) {
  const std::int64_t half = length / 2;
  const auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(length)));
  // 2 WMA(half) = 4 W_h / (h (h+1)) and WMA(L) = 2 W_L / (L (L+1)), over their least common denominator.
  const std::int64_t half_square = half * (half + 1);
  const std::int64_t full_square = length * (length + 1);
  const std::int64_t half_gcd = std::gcd<std::int64_t>(4, half_square);
  const std::int64_t common = std::lcm(half_square / half_gcd, full_square / 2);
  std::int64_t half_factor = common / (half_square / half_gcd) * (4 / half_gcd);
  std::int64_t full_factor = common / (full_square / 2);
  // The WMA over `root` raws has the denominator root (root+1) / 2.
  std::int64_t denominator = common * (root * (root + 1) / 2);
  const std::int64_t shared = std::gcd(std::gcd(half_factor, full_factor), denominator);
  half_factor /= shared;
  full_factor /= shared;
  denominator /= shared;

  HullTable& hull = tables.hull;
  hull.half[member] = half;
  hull.root[member] = root;
  hull.half_factor[member] = half_factor;
  hull.full_factor[member] = full_factor;
  hull.root_max = std::max(hull.root_max, root);
  MemberTable& table = tables.family[static_cast<int>(Family::hma)];
  table.denominator[member] = denominator;
  table.first[member] = length - 1 + root - 1;
  reach.add_window(denominator, length + root - 1, [&](std::int64_t i) {
    Int128 coefficient = 0;
    for (std::int64_t m = std::max<std::int64_t>(0, i - length + 1); m < root && m <= i; ++m) {
      const std::int64_t age = i - m;
      const std::int64_t in_half = age < half ? half_factor * (half - age) : 0;
      coefficient += static_cast<Int128>(root - m) * (in_half - full_factor * (length - age));
    }
    return coefficient;
  });
}

void fill_member(Tables& tables, Family family, int member, std::int64_t length, Reach& reach) {
  MemberTable& table = tables.family[static_cast<int>(family)];
  table.length[member] = length;
  table.length_d[member] = static_cast<double>(length);
  table.alpha[member] = 2.0 / static_cast<double>(length + 1);
  table.twice_next[member] = 2 * (length + 1);
  table.denominator[member] = 1;
  table.first[member] = length - 1;
  reach.add_sum(length);
  switch (family) {
    case Family::ema:
      break;
    case Family::hma:
      if (tables.is_hull) {
        fill_hull(tables, member, length, reach);
      } else {
        table.denominator[member] = length;
      }
      break;
    case Family::wma:
      table.denominator[member] = length * (length + 1);
      reach.add_window(length * (length + 1), length,
                       [&](std::int64_t i) { return Int128{2 * (length - i)}; });
      break;
    case Family::dema:
      table.first[member] = 2 * length - 2;
      break;
    case Family::lsma:
      table.denominator[member] = length * (length + 1);
      reach.add_window(length * (length + 1), length,
                       [&](std::int64_t i) { return Int128{6 * (length - i) - 2 * (length + 1)}; });
      break;
    case Family::kama:
      table.first[member] = 0;
      break;
  }
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  return std::rotl((hash ^ word) * 0x9e3779b97f4a7c15u, 29);
}

std::uint64_t fingerprint_of(const AtcConfig& config, int price_scale) {
  std::uint64_t hash = mix(0, kArithmeticVersion);
  for (std::size_t f = 0; f < kFamilies; ++f) {
    hash = mix(hash, static_cast<std::uint64_t>(config.lengths[f]));
    hash = mix(hash, std::bit_cast<std::uint64_t>(config.weights[f]));
    hash = mix(hash, config.enabled[f]);
  }
  for (const double value : {config.lambda, config.decay, config.long_threshold, config.short_threshold}) {
    hash = mix(hash, std::bit_cast<std::uint64_t>(value));
  }
  for (const std::uint64_t value :
       {static_cast<std::uint64_t>(config.robustness), static_cast<std::uint64_t>(config.cutout),
        static_cast<std::uint64_t>(config.source), static_cast<std::uint64_t>(config.hma),
        static_cast<std::uint64_t>(config.kama_seed), static_cast<std::uint64_t>(config.strategy),
        static_cast<std::uint64_t>(price_scale)}) {
    hash = mix(hash, value);
  }
  return hash;
}

std::size_t round_up(std::size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

void lay_out(Tables& tables, std::int64_t base_max) {
  tables.ring_size = static_cast<std::size_t>(std::max<std::int64_t>(base_max + 10, 18));
  tables.ring_offset = sizeof(detail::StateBlock);
  tables.hull_offset =
      round_up(tables.ring_offset + (tables.ring_size + detail::kRingTail) * sizeof(std::uint64_t));
  tables.block_bytes = tables.hull_offset;
  if (tables.is_hull) {
    const auto rows = static_cast<std::size_t>(tables.hull.root_max + 1);
    tables.block_bytes =
        round_up(tables.hull_offset + sizeof(detail::HullBlock) + rows * kMembers * sizeof(std::uint64_t));
  }
}

bool is_uniform(const Tables& tables) {
  if (tables.is_hull) return false;
  for (int f = 0; f < kFamilies; ++f) {
    if (!tables.enabled[f] || tables.family[f].base != tables.family[0].base) return false;
  }
  return true;
}

void fill_growth(Tables& tables) {
  tables.growth_memory.reserve(static_cast<std::size_t>(detail::kGrowthTableBars));
  for (std::int64_t bars = 0; bars < detail::kGrowthTableBars; ++bars) {
    tables.growth_memory.push_back(detail::exp_correctly_rounded(tables.rate * static_cast<double>(bars)));
  }
  tables.growth = tables.growth_memory.data();
}

}  // namespace

std::shared_ptr<const AtcParams> AtcParams::create(const AtcConfig& config, int price_scale) {
  if (const auto error = config_error(config)) throw std::invalid_argument(*error);
  if (price_scale < 0 || price_scale > kPriceScaleMax) {
    throw std::invalid_argument("price scale " + std::to_string(price_scale) + ": must be 0 to " +
                                std::to_string(kPriceScaleMax) + " decimals");
  }
  return std::shared_ptr<const AtcParams>(new AtcParams(config, price_scale));
}

AtcParams::AtcParams(const AtcConfig& config, int price_scale) : config_(config), price_scale_(price_scale) {
  auto owned = std::make_unique<Tables>();
  Tables& tables = *owned;
  tables.is_hull = config.hma == HmaKind::hull && config.enabled[static_cast<std::size_t>(Family::hma)];
  tables.kama_from_price = config.kama_seed == KamaSeed::price;
  tables.strategy = config.strategy;
  tables.source = config.source;
  tables.divisor = source_divisor(config.source);
  tables.cutout = config.cutout;
  tables.keep = 1 - config.decay / 100;
  tables.rate = config.lambda / 1000;
  tables.long_threshold = config.long_threshold;
  tables.short_threshold = config.short_threshold;

  const Int128 unit = tables.divisor * power_of_ten(price_scale);
  tables.price_unit = static_cast<double>(unit);
  std::fill(std::begin(tables.start_equity2), std::end(tables.start_equity2), 1.0);
  Reach reach;
  std::int64_t base_max = 1, defined_last = 0;
  for (int f = 0; f < kFamilies; ++f) {
    const auto i = static_cast<std::size_t>(f);
    tables.enabled[f] = config.enabled[i];
    if (!config.enabled[i]) continue;
    tables.enabled_lane[f] = 1;
    tables.start_equity2[f] = std::max(config.weights[i], 0.25);
    const auto family = static_cast<Family>(f);
    const auto lengths = member_lengths(config, family);
    MemberTable& table = tables.family[f];
    table.base = lengths[0];
    base_max = std::max(base_max, table.base);
    for (int j = 0; j < kMembers; ++j) {
      const auto length = static_cast<std::int64_t>(lengths[static_cast<std::size_t>(j)]);
      fill_member(tables, family, j, length, reach);
      table.report_divisor[j] =
          static_cast<double>(static_cast<Uint128>(table.denominator[j]) * static_cast<Uint128>(unit));
      tables.ring_index[j] = 7 - (length - table.base);
      defined_last = std::max(defined_last, table.first[j]);
      // KAMA reads its window from bar L on, the seeds are one bar before the steady recurrence.
      tables.steady_from = std::max({tables.steady_from, table.first[j] + 1, length});
    }
  }
  tables.steady_from = std::max(tables.steady_from, config.cutout + 1);
  tables.is_uniform = is_uniform(tables);
  lay_out(tables, base_max);
  fill_growth(tables);
  tables.step = detail::step_functions();

  // Prices above 2^53 units would not be exact as doubles; the windows' own limit is usually lower.
  const Int128 units_max = std::min<Int128>(Int128{1} << 53, ((Int128{1} << 63) - 1) / reach.most);
  price_ticks_max_ = static_cast<std::int64_t>(units_max / tables.divisor);
  tables.price_max = price_ticks_max_;
  warmup_bars_ = std::max(defined_last, config.cutout) + 1;
  fingerprint_ = fingerprint_of(config, price_scale);
  tables_ = std::move(owned);
}

AtcParams::~AtcParams() = default;

std::size_t AtcParams::state_bytes() const {
  return tables_->block_bytes;
}

}  // namespace lockstep
