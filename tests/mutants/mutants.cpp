// Which defence is taken away: see engine/core/defence.hpp.
#include <cstdlib>
#include <string_view>

#include "engine/core/defence.hpp"

namespace lockstep::mutants {

bool is_there(const char* defence) {
  static const char* const removed = std::getenv("LOCKSTEP_MUTANT");
  return removed == nullptr || std::string_view(removed) != defence;
}

}  // namespace lockstep::mutants
