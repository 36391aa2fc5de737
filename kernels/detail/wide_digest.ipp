// RunningDigest::add() with series as lanes: every word of a bar by itself. Part of wide.ipp.
#pragma once

#include "incremental/detail/digest_word.hpp"
#include "kernels/detail/wide_lanes.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

using detail::kDigestLanes;

LOCKSTEP_INLINE VecU bits_at(const double* rows, std::int64_t at) {
  VecU bits;
  load_lanes(bits, rows + kLanes * at);
  return bits;
}

[[gnu::noinline]] void add_digests(const Chunk& chunk) {
  const WideRows& rows = chunk.rows;
  VecU undefined;
  const VecD undefined_d = broadcast(kUndefined);
  store(&undefined, undefined_d);
  VecU digest[kDigestLanes];
  each<kDigestLanes>([&](int k)
                         __attribute__((always_inline)) { digest[k] = load<VecU>(chunk.state.digest[k]); });
  const auto add = [&](int k, const VecU& word) __attribute__((always_inline)) {
    digest[k] = with_word(digest[k], word);
  };
  for (std::int64_t i = 0; i < chunk.count; ++i) {
    each<kDigestLanes>([&](int k) __attribute__((always_inline)) {
      const bool is_enabled = chunk.plan.family[k].enabled;
      add(k, is_enabled ? bits_at(rows.equity2[k], i) : undefined);
      add(k, is_enabled ? bits_at(rows.signal[k], i + 1) : undefined);
      add(k, k < detail::kBarWords ? to_unsigned(row(rows.bar[k], i))
                                   : bits_at(rows.average, published_row(chunk, i)));
    });
  }
  each<kDigestLanes>([&](int k) __attribute__((always_inline)) { store(chunk.state.digest[k], digest[k]); });
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
