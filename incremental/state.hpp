// The Adaptive Trend Classification of one symbol as an O(1) state machine. This folder is all a bot embeds:
// no I/O, no clock, no threads, no allocation after construction, standard library only.
//
//   auto params = lockstep::AtcParams::create({}, /*price_scale=*/2);
//   lockstep::AtcState atc(params);
//   lockstep::Outputs out;
//   for (const lockstep::BarTicks& bar : closed_bars) atc.commit(bar, out);
//   atc.peek(open_bar, out);
//
// A closed bar advances the state, an open one does not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "incremental/digest.hpp"
#include "incremental/outputs.hpp"
#include "incremental/params.hpp"

namespace lockstep {

namespace detail {
struct StateAccess;
}

/// Why bytes were not taken as a state.
enum class BytesStatus : std::uint8_t {
  ok,
  too_short,      ///< fewer bytes than bytes_size()
  not_a_state,    ///< does not start as a state does
  other_version,  ///< written by another version of the arithmetic
  other_config,   ///< written with another configuration or price scale
  damaged,        ///< the checksum does not match
};
const char* to_string(BytesStatus status);

/// Bar 0 of a state is its anchor: growth counts from it. One thread at a time; states share their parameters
/// only.
class AtcState {
 public:
  explicit AtcState(std::shared_ptr<const AtcParams> params);
  AtcState(const AtcState& other);
  AtcState& operator=(const AtcState& other);
  AtcState(AtcState&&) noexcept = default;
  AtcState& operator=(AtcState&&) noexcept = default;
  ~AtcState() = default;

  /// Advances by one closed bar and gives its outputs. On any status but ok the state and `out` are as
  /// before.
  Status commit(const BarTicks& bar, Outputs& out);
  /// What commit(bar) would give, to the bit; the state stays as it is.
  Status peek(const BarTicks& bar, Outputs& out) const;
  /// peek, with the 54 members beside it.
  Status peek(const BarTicks& bar, Outputs& out, Detail& detail) const;
  /// The 54 members as of the last committed bar.
  void detail(Detail& detail) const;
  /// The outputs of the last committed bar; all undefined before the first.
  Outputs last() const;

  /// Back to before the first bar; the digest starts anew too.
  void reset();
  /// Bars committed since the anchor.
  std::int64_t bars() const;
  /// Open time of the last committed bar, ms; undefined (lowest int64) before the first.
  std::int64_t ts_last_ms() const;
  /// Every enabled average and the average signal are defined.
  bool is_warm() const { return bars() >= params_->warmup_bars(); }
  /// Over the committed bars.
  Digest digest() const;
  const RunningDigest& running_digest() const;
  /// Lets a digest run on across a re-anchoring (spec.md section 8).
  void set_running_digest(const RunningDigest& digest);
  const AtcParams& params() const { return *params_; }
  const std::shared_ptr<const AtcParams>& shared_params() const { return params_; }

  /// The state as bytes: little endian, with version, configuration and checksum in front.
  std::size_t bytes_size() const;
  /// Writes bytes_size() bytes; `out` must have room for them.
  void to_bytes(std::span<std::byte> out) const;
  /// Takes a state over. On any status but ok the state is as before.
  BytesStatus from_bytes(std::span<const std::byte> bytes);

 private:
  friend struct detail::StateAccess;  // batch recompute writes end states (kernels/detail/end_state.cpp)
  struct Free {
    void operator()(std::byte* block) const noexcept;
  };
  std::shared_ptr<const AtcParams> params_;
  std::unique_ptr<std::byte[], Free> block_;  ///< detail::StateBlock, 64-byte aligned
};

}  // namespace lockstep
