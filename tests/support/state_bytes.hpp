// A state as the bytes that a snapshot keeps of it.
#pragma once

#include <cstddef>
#include <vector>

#include "incremental/state.hpp"

namespace lockstep::test {

inline std::vector<std::byte> bytes_of(const AtcState& state) {
  std::vector<std::byte> bytes(state.bytes_size());
  state.to_bytes(bytes);
  return bytes;
}

}  // namespace lockstep::test
