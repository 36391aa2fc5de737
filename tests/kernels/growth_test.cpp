#include "kernels/detail/growth.hpp"

#include "incremental/exp.hpp"
#include "tests/support/catch.hpp"

using lockstep::detail::exp_correctly_rounded;
using lockstep::detail::GrowthTable;

TEST_CASE("the growth table holds exp of every bar index, however it grew", "[kernels][growth]") {
  GrowthTable table;
  const double rate = 0.02 / 1000;
  for (const std::int64_t bars : {0, 1, 100, 20'000, 50, 40'001}) table.reserve(rate, bars, 3);
  REQUIRE(table.size() == 40'001);
  for (std::int64_t k = 0; k < table.size(); k += 7) {
    REQUIRE(table.data()[k] == exp_correctly_rounded(rate * static_cast<double>(k)));
  }
}

TEST_CASE("the growth table ends before the first entry that is not finite", "[kernels][growth]") {
  GrowthTable table;
  table.reserve(0.01, 100'000, 2);
  REQUIRE(table.size() == 70'979);  // exp(709.78) is finite, exp(709.79) is not
  table.reserve(0.01, 200'000, 2);
  REQUIRE(table.size() == 70'979);
  table.reserve(0.02, 10, 1);
  REQUIRE(table.size() == 10);
  REQUIRE(table.data()[9] == exp_correctly_rounded(0.02 * 9.0));
}
