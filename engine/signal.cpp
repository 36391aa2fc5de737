#include "engine/signal.hpp"

namespace lockstep::engine {

const char* to_string(SeriesState state) {
  switch (state) {
    case SeriesState::warming:
      return "WARMING";
    case SeriesState::live:
      return "LIVE";
    case SeriesState::stale:
      return "STALE";
    case SeriesState::gap:
      return "GAP";
    case SeriesState::halted:
      return "HALTED";
    case SeriesState::rejected:
      return "REJECTED";
    case SeriesState::retired:
      return "RETIRED";
  }
  return "UNKNOWN";
}

}  // namespace lockstep::engine
