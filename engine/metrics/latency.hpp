// How long things take, in buckets: what a histogram of /metrics is made of.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

namespace lockstep::engine::metrics {

/// Upper bounds of the buckets, inclusive, ns: 1, 2 and 5 of each power of ten, 1 us to 10 s. One more bucket
/// takes all beyond.
inline constexpr std::array<std::int64_t, 22> kLatencyBoundsNs = {
    1'000,         2'000,         5'000,         10'000,        20'000,      50'000,
    100'000,       200'000,       500'000,       1'000'000,     2'000'000,   5'000'000,
    10'000'000,    20'000'000,    50'000'000,    100'000'000,   200'000'000, 500'000'000,
    1'000'000'000, 2'000'000'000, 5'000'000'000, 10'000'000'000};

namespace detail {

/// By bit width of a time: the first bound that the smallest such time does not exceed. Bounds are at least a
/// factor of two apart, so a time of that width belongs there or into the next bucket.
inline constexpr std::array<std::uint8_t, 65> kFirstBucket = [] {
  std::array<std::uint8_t, 65> first{};
  for (std::size_t width = 1; width < first.size(); ++width) {
    const std::uint64_t least = std::uint64_t{1} << (width - 1);
    std::uint8_t bucket = 0;
    while (bucket < kLatencyBoundsNs.size() && static_cast<std::uint64_t>(kLatencyBoundsNs[bucket]) < least)
      ++bucket;
    first[width] = bucket;
  }
  return first;
}();

}  // namespace detail

/// The bucket of a time, 0 to kLatencyBoundsNs.size(). Below zero counts as zero.
inline std::size_t latency_bucket(std::int64_t ns) {
  const std::uint64_t time = ns > 0 ? static_cast<std::uint64_t>(ns) : 0;
  const std::size_t bucket = detail::kFirstBucket[static_cast<std::size_t>(std::bit_width(time))];
  const bool is_beyond =
      bucket < kLatencyBoundsNs.size() && time > static_cast<std::uint64_t>(kLatencyBoundsNs[bucket]);
  return bucket + (is_beyond ? 1 : 0);
}

/// A counter of one thread, that any other may read: relaxed, without a locked instruction.
class OwnCounter {
 public:
  /// On the owner's thread only.
  void add(std::uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// One histogram. Each thread that measures has a share of its own; a reader adds them up.
class Latency {
 public:
  class alignas(64) Share {
   public:
    /// On the owner's thread only. Some 3 ns.
    void observe(std::int64_t ns) {
      counts_[latency_bucket(ns)].add();
      sum_ns_.add(ns > 0 ? static_cast<std::uint64_t>(ns) : 0);
    }

   private:
    friend class Latency;
    std::array<OwnCounter, kLatencyBoundsNs.size() + 1> counts_;
    OwnCounter sum_ns_;
  };

  struct Totals {
    std::array<std::uint64_t, kLatencyBoundsNs.size() + 1> counts{};  ///< by bucket, not cumulative
    std::uint64_t sum_ns = 0;
  };

  /// For one thread, which may change as long as only one at a time observes. Lives as long as this. Any
  /// thread.
  Share& add_share() {
    const std::lock_guard lock(mutex_);
    return shares_.emplace_back();
  }
  /// Any thread.
  Totals totals() const {
    const std::lock_guard lock(mutex_);
    Totals totals;
    for (const Share& share : shares_) {
      for (std::size_t i = 0; i < totals.counts.size(); ++i) totals.counts[i] += share.counts_[i].value();
      totals.sum_ns += share.sum_ns_.value();
    }
    return totals;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Share> shares_;
};

}  // namespace lockstep::engine::metrics
