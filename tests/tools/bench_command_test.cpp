// `lockstep bench` as a user calls it. Its figures are not tested: what they are is the machine's matter.
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/tools/temporary_folder.hpp"

namespace lockstep {
namespace {

struct BenchRun {
  int exit_code;
  std::string out;
};

BenchRun run_bench(const std::string& arguments) {
  const test::TemporaryFolder folder;
  const std::string out = folder.path("out");
  const std::string command = "'" LOCKSTEP_PROGRAM "' bench " + arguments + " > '" + out + "' 2> /dev/null";
  const int status = std::system(command.c_str());
  return {WEXITSTATUS(status), test::read_file(out)};
}

void require_positive(const nlohmann::json& figures, const std::string& path) {
  CAPTURE(path);
  const nlohmann::json::json_pointer pointer(path);
  REQUIRE(figures.contains(pointer));
  REQUIRE(figures.at(pointer).is_number());
  REQUIRE(figures.at(pointer).get<double>() > 0);
}

TEST_CASE("bench --json gives one object with the documented figures", "[tools][bench]") {
  const BenchRun run = run_bench("--json --quick");
  REQUIRE(run.exit_code == 0);
  const auto figures = nlohmann::json::parse(run.out);
  for (const char* path : {"/machine/cpu", "/machine/kernel", "/machine/compiler", "/build/version",
                           "/build/compiler", "/incremental/cpu_path"}) {
    CAPTURE(path);
    REQUIRE_FALSE(figures.at(nlohmann::json::json_pointer(path)).get<std::string>().empty());
  }
  REQUIRE(figures.at("build").contains("type"));
  REQUIRE(figures.at("machine").at("avx2").is_boolean());
  REQUIRE(figures.at("machine").at("avx512").is_boolean());
  for (const char* path :
       {"/machine/cores", "/incremental/commit_ns", "/incremental/peek_ns", "/incremental/state_bytes",
        "/incremental/commit_ns_by_cpu_path/baseline", "/feed/parse_ns", "/feed/frames_per_s",
        "/batch/scalar/ns_per_symbol_bar", "/batch/ms_99x1500", "/engine/minute_close_5000_ms",
        "/api/get_signal/requests_per_s", "/api/fan_out/message_cpu_ns",
        "/api/many_clients/messages_delivered",
        "/api/engine_with_clients/wait/receive_to_signal_ns/p99/ratio",
        "/api/engine_with_clients/busy/send_to_signal_ns/p50/with", "/compute/bars_per_s",
        "/compute/seconds_1m_bars"}) {
    require_positive(figures, path);
  }
  for (const char* mode : {"busy", "wait"}) {
    for (const char* percentile : {"p50", "p99", "p999"}) {
      require_positive(figures, std::string("/latency/socket_to_signal_") + mode + "_ns/" + percentile);
      require_positive(figures,
                       std::string("/latency/at_50000_per_s_") + mode + "/socket_to_signal_ns/" + percentile);
    }
  }
}

TEST_CASE("bench --only measures that group alone and prints a table", "[tools][bench]") {
  const BenchRun run = run_bench("--quick --only feed");
  REQUIRE(run.exit_code == 0);
  REQUIRE_THAT(run.out, Catch::Contains("kline frame to event (CPU)"));
  REQUIRE_THAT(run.out, !Catch::Contains("minute close"));
}

TEST_CASE("bench --only with a group that does not exist is wrong usage", "[tools][bench]") {
  REQUIRE(run_bench("--only nonsense").exit_code == 2);
}

}  // namespace
}  // namespace lockstep
