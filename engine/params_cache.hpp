// Parameters of one configuration, by price scale.
#pragma once

#include <array>
#include <memory>
#include <mutex>

#include "incremental/params.hpp"

namespace lockstep::engine {

/// Parameters by price scale, made once and shared by all series.
class ParamsCache {
 public:
  explicit ParamsCache(const AtcConfig& config) : config_(config) {}

  std::shared_ptr<const AtcParams> at(int price_scale) {
    if (price_scale < 0 || price_scale > kPriceScaleMax) return nullptr;
    const std::lock_guard lock(mutex_);
    auto& params = by_scale_[static_cast<std::size_t>(price_scale)];
    if (!params) params = AtcParams::create(config_, price_scale);
    return params;
  }

 private:
  AtcConfig config_;
  std::mutex mutex_;
  std::array<std::shared_ptr<const AtcParams>, kPriceScaleMax + 1> by_scale_;
};

}  // namespace lockstep::engine
