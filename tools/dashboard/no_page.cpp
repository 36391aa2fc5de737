// Stands in for the page where it could not be built.
#include "tools/dashboard/page.hpp"

namespace lockstep::tools {

std::span<const engine::StaticFile> page_files() {
  return {};
}

}  // namespace lockstep::tools
