// Everything about an indicator that does not change from bar to bar.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "incremental/config.hpp"

namespace lockstep {

namespace detail {
struct Tables;
}

/// Settings together with a price scale, checked and turned into tables. Immutable: any number of states and
/// threads share one. Keep it in a shared_ptr; a state holds a reference to it.
class AtcParams {
 public:
  /// Throws std::invalid_argument with config_error()'s sentence, or when price_scale is not in
  /// 0..kPriceScaleMax.
  static std::shared_ptr<const AtcParams> create(const AtcConfig& config, int price_scale);
  ~AtcParams();
  AtcParams(const AtcParams&) = delete;
  AtcParams& operator=(const AtcParams&) = delete;

  const AtcConfig& config() const { return config_; }
  int price_scale() const { return price_scale_; }
  /// The highest price accepted, in ticks: beyond it a window sum could overflow (spec.md section 2).
  std::int64_t price_ticks_max() const { return price_ticks_max_; }
  /// Bars until every enabled average and the average signal are defined: is_warm() from this many commits
  /// on.
  std::int64_t warmup_bars() const { return warmup_bars_; }
  /// Identifies configuration, scale and version of the arithmetic; stored with state bytes.
  std::uint64_t fingerprint() const { return fingerprint_; }
  /// Bytes that a state of these parameters occupies.
  std::size_t state_bytes() const;
  const detail::Tables& tables() const { return *tables_; }

 private:
  AtcParams(const AtcConfig& config, int price_scale);

  AtcConfig config_;
  int price_scale_;
  std::int64_t price_ticks_max_ = 0;
  std::int64_t warmup_bars_ = 0;
  std::uint64_t fingerprint_ = 0;
  std::unique_ptr<const detail::Tables> tables_;
};

}  // namespace lockstep
