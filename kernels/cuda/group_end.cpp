#include "kernels/cuda/group_end.hpp"

#include <algorithm>
#include <bit>

#include "incremental/detail/digest_numbers.hpp"
#include "kernels/detail/end_state.hpp"

namespace lockstep::cuda {
namespace {

static_assert(kDigestFactor == detail::kDigestPrime);

using detail::BatchPlan;
using detail::SeriesEnd;

/// The rings of one lane, by bar.
struct LaneRings {
  const GroupEnd& end;
  int lane;
  std::uint64_t at(int ring, std::int64_t t) const {
    return end.rings[(ring * (end.ring_mask + 1) + (t & end.ring_mask)) * kLanes + lane];
  }
};

double number(const FamilyState& family, int which, int member, int lane) {
  return std::bit_cast<double>(family.word[which][member][lane]);
}

struct EndWriter {
  const BatchPlan& plan;
  const GroupEnd& group;
  int lane;
  std::int64_t last;  ///< bar
  LaneRings rings;

  /// W of `length`, as a state keeps it.
  std::uint64_t weighted(std::int64_t length) const {
    return static_cast<std::uint64_t>(length) * rings.at(kRingPrefix, last) -
           (rings.at(kRingSecond, last - 1) - rings.at(kRingSecond, last - length - 1));
  }

  void averages(SeriesEnd& end) const {
    const FamilyState* family = group.state.family;
    for (int j = 0; j < kMemberCount; ++j) {
      const auto length = [&](int f) { return plan.family[f].length[j]; };
      end.ema[j] = number(family[kEma], 0, j, lane);
      end.dema_first[j] = number(family[kDema], 0, j, lane);
      end.dema_second[j] = number(family[kDema], 1, j, lane);
      end.kama[j] = number(family[kKama], 0, j, lane);
      if (plan.family[kWma].enabled) end.wma_w[j] = weighted(length(kWma));
      if (plan.family[kLsma].enabled) end.lsma_w[j] = weighted(length(kLsma));
      if (plan.family[kKama].enabled) {
        end.noise[j] = rings.at(kRingChange, last) - rings.at(kRingChange, last - length(kKama));
      }
      if (!plan.is_hull) continue;
      end.hull.half_w[j] = weighted(plan.hull.half[j]);
      end.hull.full_w[j] = weighted(length(kHma));
      end.hull.raw_sum[j] = family[kHma].word[0][j][lane];
      end.hull.raw_w[j] = family[kHma].word[1][j][lane];
    }
  }

  void layers(SeriesEnd& end) const {
    for (int f = 0; f < kFamilyCount; ++f) {
      const FamilyState& family = group.state.family[f];
      for (int j = 0; j < kMemberCount; ++j) {
        const auto bit = [&](const U32(&bits)[kLanes]) {
          return static_cast<std::uint8_t>(bits[lane] >> j & 1);
        };
        end.above[f][j] = bit(family.above);
        end.below[f][j] = bit(family.below);
        end.positive[f][j] = bit(family.positive);
        end.negative[f][j] = bit(family.negative);
        end.equity[f][j] = family.equity[j][lane];
      }
      end.equity2[f] = family.equity2[lane];
      end.held[f] = family.held[lane];
      end.signal[f] = family.signal[lane];
      end.digest.lane[f] = family.digest[lane];
    }
    end.average = group.state.average[lane];
    end.direction = static_cast<std::int64_t>(group.state.verdict[lane] & 3) - 1;
    end.event = static_cast<TradeEvent>(group.state.verdict[lane] >> 2);
    const U32 shown = plan.strategy ? group.state.verdict_before[lane] : group.state.verdict[lane];
    end.last.average = plan.strategy ? group.state.average_before[lane] : end.average;
    end.last.direction = static_cast<std::int8_t>(static_cast<int>(shown & 3) - 1);
    end.last.event = static_cast<TradeEvent>(shown >> 2);
  }
};

/// `entries` of a ring, oldest first, the last bar's at the end.
std::vector<std::uint64_t> unrolled(const LaneRings& rings, int ring, std::int64_t last,
                                    std::int64_t entries) {
  std::vector<std::uint64_t> values(static_cast<std::size_t>(entries));
  for (std::int64_t i = 0; i < entries; ++i) {
    values[static_cast<std::size_t>(i)] = rings.at(ring, last - entries + 1 + i);
  }
  return values;
}

}  // namespace

IdleEquities::IdleEquities(double keep, std::int64_t bars) {
  values_.push_back(1.0);
  while (static_cast<std::int64_t>(values_.size()) < bars) {
    const double next = equity_step(values_.back(), keep, 1.0, 0.25);
    if (next == values_.back()) break;  // at its floor, or no decay
    values_.push_back(next);
  }
}

double IdleEquities::at(std::int64_t growing) const {
  return values_[static_cast<std::size_t>(
      std::clamp<std::int64_t>(growing, 0, static_cast<std::int64_t>(values_.size()) - 1))];
}

void set_end_state(const BatchPlan& plan, const detail::GrowthTable& growth, const IdleEquities& idle,
                   const GroupEnd& group, int lane, const BatchSeries& series) {
  SeriesEnd end{};
  end.bars = series.size();
  const std::int64_t last = end.bars - 1;
  const EndWriter writer{plan, group, lane, last, {group, lane}};
  end.ts_last_ms = series.bar(last).ts_open_ms;
  end.price = group.state.price[lane];
  end.close = group.state.close[lane];
  writer.averages(end);
  writer.layers(end);
  const std::int64_t growing = last - plan.cutout;
  end.last.growth = growing < 0 ? kUndefined : growth.data()[growing];
  end.idle_equity = idle.at(growing);
  const auto prefix = unrolled(writer.rings, kRingPrefix, last, plan.history);
  end.prefix = &prefix.back();
  end.stride = 1;
  std::vector<std::uint64_t> raw[kMemberCount];
  for (int j = 0; plan.is_hull && j < kMemberCount; ++j) {
    raw[j] = unrolled(writer.rings, kRings + j, last, plan.hull.root_max + 1);
    end.hull.raw[j] = &raw[j].back();
  }
  set_state(plan, end, *series.end_state);
}

bool is_refused(const GroupState& state, int lane) {
  U32 refused = 0;
  for (const FamilyState& family : state.family) refused |= family.is_refused[lane];
  return refused != 0;
}

}  // namespace lockstep::cuda
