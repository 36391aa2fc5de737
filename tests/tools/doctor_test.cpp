#include "tools/doctor_command.hpp"

#include <sstream>

#include "kernels/batch.hpp"
#include "tests/support/catch.hpp"

TEST_CASE("doctor names every backend, what is there, and what would be chosen", "[tools][doctor]") {
  std::ostringstream out;
  REQUIRE(lockstep::tools::run_doctor(out) == 0);
  CAPTURE(out.str());
  for (const auto name : lockstep::kBackendNames) CHECK_THAT(out.str(), Catch::Contains(std::string(name)));
  CHECK_THAT(out.str(), Catch::Contains("bar by bar") && Catch::Contains("1000 x 1500") &&
                            Catch::Contains("1000 series of 1500 bars at most: estimated scalar"));
  const std::string best(lockstep::to_string(lockstep::available_backends().back()));
  const std::size_t line = out.str().find("1000 x 1500");
  CHECK(out.str().find(best, line) < out.str().find('\n', line));
}
