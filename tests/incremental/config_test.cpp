#include "incremental/config.hpp"

#include <limits>
#include <stdexcept>

#include "incremental/params.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"
#include "tests/support/reference.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

/// The sentence about a wrong configuration, which must name `field`; AtcParams throws the same.
void require_error(const AtcConfig& config, const std::string& field) {
  CAPTURE(field);
  const auto error = config_error(config);
  REQUIRE(error);
  REQUIRE_THAT(*error, Catch::Contains(field));
  REQUIRE_THROWS_AS(AtcParams::create(config, 2), std::invalid_argument);
  REQUIRE_THROWS_WITH(AtcParams::create(config, 2), *error);
}

template <typename Value>
void require_error_with(Value AtcConfig::*member, const Value& value, const std::string& field) {
  AtcConfig config;
  config.*member = value;
  require_error(config, field);
}

}  // namespace

TEST_CASE("the default configuration is that of the script", "[incremental][config]") {
  const AtcConfig config;
  REQUIRE(!config_error(config));
  REQUIRE(member_lengths(config, Family::ema) ==
          std::array<int, kMembers>{28, 29, 30, 32, 34, 27, 26, 24, 22});
}

TEST_CASE("member lengths follow the robustness", "[incremental][config]") {
  for (int seed = 0; seed < 200; ++seed) {
    Rng rng(static_cast<std::uint64_t>(seed));
    const AtcConfig config = random_config(rng, 60);
    REQUIRE(!config_error(config));
    for (int f = 0; f < kFamilies; ++f) {
      REQUIRE(member_lengths(config, static_cast<Family>(f)) == reference_lengths(config, f));
    }
  }
}

TEST_CASE("averaged sources are held as sums of 2, 3 or 4 prices", "[incremental][config]") {
  const std::array<int, 8> expected = {1, 1, 1, 1, 2, 3, 4, 4};
  for (std::size_t i = 0; i < expected.size(); ++i)
    REQUIRE(source_divisor(static_cast<Source>(i)) == expected[i]);
}

TEST_CASE("a member length below 1 is an error that names the field", "[incremental][config]") {
  for (std::size_t f = 0; f < kFamilies; ++f) {
    for (const auto& [robustness, shortest] :
         {std::pair{Robustness::narrow, 5}, {Robustness::medium, 7}, {Robustness::wide, 8}}) {
      AtcConfig config;
      config.robustness = robustness;
      config.lengths[f] = shortest;
      CAPTURE(f, shortest);
      REQUIRE(!config_error(config));
      for (const int length : {shortest - 1, 1, 0, -1, std::numeric_limits<int>::min()}) {
        config.lengths[f] = length;
        require_error(config, std::string(kFamilyNames[f]) + "_len");
      }
      config.lengths[f] = kLengthMax;
      REQUIRE(!config_error(config));
      config.lengths[f] = kLengthMax + 1;
      require_error(config, std::string(kFamilyNames[f]) + "_len");
    }
  }
}

TEST_CASE("Hull's average needs member lengths of 2", "[incremental][config]") {
  AtcConfig config;
  config.hma = HmaKind::hull;
  config.lengths[1] = 8;
  REQUIRE(!config_error(config));
  config.lengths[1] = 7;
  require_error(config, "hma_len");
  config.hma = HmaKind::sma;
  REQUIRE(!config_error(config));
}

TEST_CASE("numbers that make no sense are errors that name the field", "[incremental][config]") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double value : {-0.01, kNan, kInfinity, -kInfinity}) {
    require_error_with(&AtcConfig::lambda, value, "lambda");
    require_error_with(&AtcConfig::decay, value, "decay");
  }
  for (const double value : {kNan, kInfinity, -kInfinity}) {
    require_error_with(&AtcConfig::long_threshold, value, "long_threshold");
    require_error_with(&AtcConfig::short_threshold, value, "short_threshold");
  }
  require_error_with(&AtcConfig::decay, 100.0, "decay");
  require_error_with(&AtcConfig::cutout, std::int64_t{-1}, "cutout");
  require_error_with(&AtcConfig::long_threshold, -0.2, "threshold");
  require_error_with(&AtcConfig::enabled, {}, "families");
  for (std::size_t f = 0; f < kFamilies; ++f) {
    for (const double weight : {0.0, -1.0, kNan, kInfinity}) {
      AtcConfig config;
      config.weights[f] = weight;
      require_error(config, std::string(kFamilyNames[f]) + "_w");
    }
  }
}

TEST_CASE("a price scale outside 0 to 18 is refused", "[incremental][config]") {
  REQUIRE_THROWS_AS(AtcParams::create({}, -1), std::invalid_argument);
  REQUIRE_THROWS_AS(AtcParams::create({}, 19), std::invalid_argument);
  REQUIRE(AtcParams::create({}, 0)->price_scale() == 0);
  REQUIRE(AtcParams::create({}, 18)->price_scale() == 18);
}

TEST_CASE("warm-up is the longest definition or the cutout", "[incremental][config]") {
  AtcConfig config;
  REQUIRE(AtcParams::create(config, 2)->warmup_bars() == 67);  // DEMA of 34 is defined from bar 66 on
  config.cutout = 100;
  REQUIRE(AtcParams::create(config, 2)->warmup_bars() == 101);
  config.cutout = 0;
  config.enabled = {true, true, true, false, true, true};
  REQUIRE(AtcParams::create(config, 2)->warmup_bars() == 34);
  config.hma = HmaKind::hull;
  REQUIRE(AtcParams::create(config, 2)->warmup_bars() == 38);  // 34 + floor(sqrt(34)) - 1
}

TEST_CASE("the price limit leaves room for every real price", "[incremental][config]") {
  AtcConfig config;
  REQUIRE(AtcParams::create(config, 8)->price_ticks_max() >= 1'000'000'000'000'000);
  config.source = Source::ohlc4;
  config.hma = HmaKind::hull;
  config.lengths.fill(300);
  REQUIRE(AtcParams::create(config, 8)->price_ticks_max() >= 1'000'000'000);
}
