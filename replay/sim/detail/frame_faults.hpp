// Frames gone wrong: what a venue sends instead of a proper one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/sim/exchange_sim.hpp"

namespace lockstep::sim {

/// The texts that are sent in place of `json`, in order. `before`: the frame before it, or empty. Nothing
/// when that fault cannot be made of this frame. Not for late_close and repeats, which are about other
/// frames.
std::optional<std::vector<std::string>> altered(VenueFault fault, Dialect dialect, const std::string& json,
                                                const std::string& before);

/// The websocket bytes in place of a text frame. `turn` counts such faults: bad_frame takes six forms by
/// turns.
std::string altered_wire(VenueFault fault, std::string_view json, std::uint64_t turn);

/// What the venue says when it is about to end a connection.
std::string ending_notice(Dialect dialect, std::int64_t now_ms, bool is_combined);

}  // namespace lockstep::sim
