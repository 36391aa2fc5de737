// What a user sets about the indicator: the [atc] table of the configuration.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

/// The moving average families, in the order of every array and every sum.
enum class Family : std::uint8_t { ema, hma, wma, dema, lsma, kama };
inline constexpr int kFamilies = 6;
/// Members of a family: L, L+o1, L+o2, L+o3, L+o4, L-o1, L-o2, L-o3, L-o4.
inline constexpr int kMembers = 9;
inline constexpr std::array<std::string_view, kFamilies> kFamilyNames = {"ema",  "hma",  "wma",
                                                                         "dema", "lsma", "kama"};

/// How far the eight other lengths of a family lie from its base length.
enum class Robustness : std::uint8_t { narrow, medium, wide };
/// The price that the averages follow. The averaged ones are kept as sums, exactly: see source_divisor().
enum class Source : std::uint8_t { close, open, high, low, hl2, hlc3, ohlc4, hlcc4 };
/// What the HMA family is: the simple average (as in the TradingView script), or Hull's.
enum class HmaKind : std::uint8_t { sma, hull };
/// Where KAMA starts: at 0 (as in the TradingView script), or at the first price.
enum class KamaSeed : std::uint8_t { zero, price };

/// Settings of one Adaptive Trend Classification. Fields, defaults and meaning: spec.md section 7.
struct AtcConfig {
  std::array<int, kFamilies> lengths = {28, 28, 28, 28, 28, 28};  ///< ema_len ... kama_len, bars
  std::array<double, kFamilies> weights = {1, 1, 1,
                                           1, 1, 1};  ///< ema_w ... kama_w, layer-2 start equity, > 0
  std::array<bool, kFamilies> enabled = {true, true, true, true, true, true};  ///< families
  Robustness robustness = Robustness::medium;
  double lambda = 0.02;           ///< growth rate, in 1/1000 a bar, >= 0
  double decay = 0.03;            ///< loss of an idle equity, in percent a bar, 0 <= decay < 100
  std::int64_t cutout = 0;        ///< first bar index with equities, 0 to kCutoutMax
  double long_threshold = 0.1;    ///< average above it: direction 1
  double short_threshold = -0.1;  ///< average below it: direction -1; not above long_threshold
  Source source = Source::close;
  HmaKind hma = HmaKind::sma;
  KamaSeed kama_seed = KamaSeed::zero;
  bool strategy = false;  ///< publish average, direction and event of the bar before

  friend bool operator==(const AtcConfig&, const AtcConfig&) = default;
};

/// The largest base length accepted; it bounds the memory of a state.
inline constexpr int kLengthMax = 10'000;
/// The largest cutout accepted, in bars.
inline constexpr std::int64_t kCutoutMax = 1'000'000'000;
/// The most decimals a price scale can have: 10^18 is the largest power of ten in an int64.
inline constexpr int kPriceScaleMax = 18;

/// Nothing when the settings are usable, else one sentence that names the field, its value and what would be
/// right.
std::optional<std::string> config_error(const AtcConfig& config);

/// The nine lengths of a family, in member order. Defined for usable settings only.
std::array<int, kMembers> member_lengths(const AtcConfig& config, Family family);

/// k: averaged sources are held as sums, in units of 1/k tick (1 for single prices; 2, 3 or 4).
int source_divisor(Source source);

std::string_view to_string(Robustness value);
std::string_view to_string(Source value);
std::string_view to_string(HmaKind value);
std::string_view to_string(KamaSeed value);

}  // namespace lockstep
