// `lockstep verify`: what it compares, and that it finds what differs.
#include "tools/verify_command.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

#include "kernels/batch.hpp"
#include "kernels/detail/fault.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"
#include "tests/tools/temporary_folder.hpp"
#include "tools/path_run.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

struct VerifyRun {
  int exit_code;
  std::string table;
  std::string errors;
};

VerifyRun run_verify(const tools::VerifyOptions& options) {
  std::ostringstream out, errors;
  const int exit_code = tools::run_verify(options, out, errors);
  detail::plant_fault(std::nullopt);
  return {exit_code, out.str(), errors.str()};
}

std::string csv(std::uint64_t seed, std::size_t count) {
  Rng rng(seed);
  std::ostringstream text;
  text << "ts_ms,open,high,low,close\n";
  for (BarTicks bar : random_bars(rng, count, 1'000'000)) {
    bar.ts_open_ms += 1'700'000'040'000;
    text << bar.ts_open_ms << ',' << bar.open << ',' << bar.high << ',' << bar.low << ',' << bar.close
         << '\n';
  }
  return text.str();
}

}  // namespace

TEST_CASE("verify finds all paths equal, file by file, with every kind of anchor", "[tools][verify]") {
  const std::string config = GENERATE(as<std::string>(), "", "[engine]\nanchor = \"rolling:100/9\"\n",
                                      "[engine]\nanchor = \"2024-01-01\"\n",
                                      "[atc]\nhma = \"hull\"\nsource = \"hlc3\"\nstrategy = true\n");
  const TemporaryFolder folder;
  tools::VerifyOptions options;
  options.files = {folder.write("one.csv", csv(1, 700)), folder.write("two.csv", csv(2, 300))};
  options.bars.config = folder.write("config.toml", config);
  const VerifyRun run = run_verify(options);
  CAPTURE(config, run.errors, run.table);
  CHECK(run.errors.empty());
  CHECK(run.exit_code == 0);
  CHECK_THAT(run.table, Catch::Contains("every path gives the same bits"));
  for (const char* path : {"incremental", "peek", "restored", "scalar"})
    CHECK_THAT(run.table, Catch::Contains(path));
  for (const Backend backend : available_backends()) {
    CHECK_THAT(run.table, Catch::Contains(std::string(to_string(backend))));
  }
}

TEST_CASE("verify finds a fault of one ulp and says where it is", "[tools][verify]") {
  const TemporaryFolder folder;
  tools::VerifyOptions options;
  options.files = {folder.write("bars.csv", csv(1, 700))};
  for (const Backend backend : available_backends()) {
    const std::string name(to_string(backend));
    CAPTURE(name);
    options.plant = name + ":432:10";
    const VerifyRun run = run_verify(options);
    CHECK(run.exit_code == 1);
    CHECK_THAT(run.table, Catch::Contains("paths DIFFER"));
    CHECK_THAT(run.errors, Catch::Contains(name + " differs from incremental first at bar 432 ") &&
                               Catch::Contains("line 434") && Catch::Contains("dema_equity is ") &&
                               Catch::Contains("should be "));
    const std::size_t is = run.errors.find("dema_equity is ") + 15;
    const std::string got = run.errors.substr(is, 16);
    const std::string want = run.errors.substr(run.errors.find("should be ") + 10, 16);
    const std::uint64_t bits = std::stoull(got, nullptr, 16) ^ std::stoull(want, nullptr, 16);
    CHECK(bits == 1);
    // The same as JSON, with the inputs up to there.
    options.is_json = true;
    const VerifyRun json_run = run_verify(options);
    options.is_json = false;
    CHECK(json_run.exit_code == 1);
    const auto json = nlohmann::json::parse(json_run.table);
    CHECK(json["same"] == false);
    int found = 0;
    for (const auto& path : json["results"][0]["paths"]) {
      if (!path.contains("first_difference")) continue;
      ++found;
      const auto& first = path["first_difference"];
      CHECK(first["bar"] == 432);
      CHECK(first["field"] == "dema_equity");
      CHECK(first["actual_bits"] == got);
      CHECK(first["expected_bits"] == want);
      CHECK(first["inputs"].size() == 20);
      CHECK(first["inputs"][19]["ts_open_ms"] == first["ts_open_ms"]);
    }
    CHECK(found >= 1);
  }
}

TEST_CASE("verify counts the differing bits of two runs and names the first", "[tools][verify]") {
  tools::PathRun a, b;
  a.outputs.resize(5);
  b.outputs.resize(5);
  CHECK(tools::compare(a, b).bar == -1);
  b.outputs[3].direction = 1;
  b.outputs[4].growth = 1;
  tools::Divergence found = tools::compare(a, b);
  CHECK(found.bar == 3);
  CHECK(found.field == "direction");
  CHECK(found.expected == 0);
  CHECK(found.actual == 1);
  CHECK(found.bits == 1 + std::popcount(0x7ff8000000000000u ^ 0x3ff0000000000000u));
  b = a;
  b.outputs.pop_back();
  found = tools::compare(a, b);
  CHECK(found.bar == 4);
  CHECK(found.field == "bars taken");
}

TEST_CASE("verify answers bad input as compute does", "[tools][verify]") {
  const TemporaryFolder folder;
  tools::VerifyOptions options;
  options.files = {folder.write("bars.csv", "ts_ms,close\n1000,5\n2000,0\n")};
  VerifyRun run = run_verify(options);
  CHECK(run.exit_code == 3);
  CHECK_THAT(run.errors, Catch::Contains("bars.csv:3: close = \"0\""));
  options.files = {folder.path("missing.csv")};
  CHECK(run_verify(options).exit_code == 4);
  options.files = {folder.write("bars.csv", csv(1, 50))};
  options.bars.config = folder.write("bad.toml", "[atc]\nema_leng = 5\n");
  CHECK(run_verify(options).exit_code == 2);
  options.bars.config.clear();
  options.plant = "avx2:x";
  CHECK(run_verify(options).exit_code == 2);
}

TEST_CASE("verify compares up to a refused bar, and says which it is", "[tools][verify]") {
  const TemporaryFolder folder;
  tools::VerifyOptions options;
  options.files = {folder.write("bars.csv", csv(5, 300))};
  options.bars.config = folder.write("config.toml", "[atc]\nlambda = 5000\n");
  const VerifyRun run = run_verify(options);
  CAPTURE(run.errors, run.table);
  CHECK(run.exit_code == 0);
  CHECK_THAT(run.errors, Catch::Contains("compared up to there"));
}
