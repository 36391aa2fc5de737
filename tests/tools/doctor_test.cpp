#include "tools/doctor_command.hpp"

#include <sstream>

#include "kernels/cost_model.hpp"
#include "tests/support/catch.hpp"

TEST_CASE("doctor names every backend, what is there, and what would be chosen", "[tools][doctor]") {
  std::ostringstream out;
  REQUIRE(lockstep::tools::run_doctor(out) == 0);
  CAPTURE(out.str());
  for (const auto name : lockstep::kBackendNames) CHECK_THAT(out.str(), Catch::Contains(std::string(name)));
  CHECK_THAT(out.str(), Catch::Contains("bar by bar") && Catch::Contains("1000 x 1500") &&
                            Catch::Contains("1000 series of 1500 bars at most: estimated scalar"));
  CHECK_THAT(out.str(), Catch::Contains("  GPU  ") && Catch::Contains("  NVRTC  "));
  if (const auto reason = lockstep::why_not(lockstep::Backend::cuda)) {
    CHECK_THAT(out.str(), Catch::Contains("cuda        no: " + *reason));
  }
  const auto choice = lockstep::choose_backend({1000, 1'500'000, 1500, true}, {});
  const std::string best(lockstep::to_string(choice.backend));
  const std::size_t line = out.str().find("1000 x 1500");
  CHECK(out.str().find(best, line) < out.str().find('\n', line));
}
