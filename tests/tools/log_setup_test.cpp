// The daemon's log: form, rotation, and what never gets into it.
#include "tools/log_setup.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/tools/temporary_folder.hpp"

namespace lockstep::tools {
namespace {

engine::Config config_with_log(const std::string& file, bool is_json) {
  engine::Config config;
  config.engine.log_file = file;
  config.engine.is_log_json = is_json;
  return config;
}

TEST_CASE("A9: a line of the JSON log is one object, whatever the message", "[tools][log][fault][A9]") {
  test::TemporaryFolder folder;
  const std::string file = folder.path("sub/lockstep.log");
  set_up_log(config_with_log(file, true));
  spdlog::warn("{}", "quote \" backslash \\ newline \n control \x01 no UTF-8 \xff");
  spdlog::debug("not at this level");
  const std::string text = test::read_file(file);
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  const auto line = nlohmann::json::parse(text);
  CHECK(line["level"] == "warning");
  CHECK(line["ts"].get<std::string>().size() == std::string("2026-01-01T00:00:00.000Z").size());
  CHECK(line["message"].get<std::string>().find("quote \" backslash \\ newline \n") == 0);
}

TEST_CASE("A8: secrets of the configuration become *** in both forms", "[tools][log][fault][A8]") {
  test::TemporaryFolder folder;
  engine::Config config;
  config.api.token = "tokentokentokentokentokentokentoken";
  config.alerts.targets.resize(1);
  config.alerts.targets[0].url = "https://host/services/T0SECRET?key=1";
  config.alerts.targets[0].secret = "keykeykeykeykeykey";
  for (const bool is_json : {false, true}) {
    config.engine.is_log_json = is_json;
    config.engine.log_file = folder.path(is_json ? "json" : "text");
    set_up_log(config);
    spdlog::error("asked https://host/services/T0SECRET?key=1 with {} and {} and again {}", config.api.token,
                  config.alerts.targets[0].secret, config.api.token);
    const std::string text = test::read_file(config.engine.log_file);
    CAPTURE(text);
    CHECK(text.find("asked https://host*** with *** and *** and again ***") != std::string::npos);
    CHECK(text.find("SECRET") == std::string::npos);
  }
}

TEST_CASE("a full log file is followed by a new one, and the oldest goes", "[tools][log]") {
  test::TemporaryFolder folder;
  engine::Config config = config_with_log(folder.path("lockstep.log"), false);
  config.engine.log_mb_max = 1;
  config.engine.log_files = 2;
  set_up_log(config);
  const std::string kibibyte(1'024, 'x');
  for (int i = 0; i < 5'000; ++i) spdlog::info("{}", kibibyte);
  for (const char* name : {"lockstep.log", "lockstep.1.log", "lockstep.2.log"}) {
    CAPTURE(name);
    REQUIRE(std::filesystem::exists(folder.path(name)));
    CHECK(std::filesystem::file_size(folder.path(name)) <= 1 << 20);
  }
  CHECK_FALSE(std::filesystem::exists(folder.path("lockstep.3.log")));
}

TEST_CASE("the log changes while others write to it, and a wrong file leaves it as it was", "[tools][log]") {
  test::TemporaryFolder folder;
  const std::string file = folder.path("a.log");
  set_up_log(config_with_log(file, false));
  std::atomic<bool> is_done{false};
  std::thread writer([&] {
    while (!is_done) spdlog::info("line");
  });
  for (int i = 0; i < 50; ++i)
    set_up_log(config_with_log(folder.path(i % 2 == 0 ? "b.log" : "a.log"), i % 3 == 0));
  CHECK_THROWS(set_up_log(config_with_log(folder.path("a.log") + "/below-a-file", false)));
  is_done = true;
  writer.join();
  set_up_log(config_with_log(file, false));
  spdlog::info("the last one");
  CHECK(test::read_file(file).find("the last one") != std::string::npos);
}

}  // namespace
}  // namespace lockstep::tools
