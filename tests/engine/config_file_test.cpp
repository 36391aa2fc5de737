// What is wrong with a file as a whole: unknown keys and tables, what is not TOML, what cannot be read.
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/config.hpp"
#include "tests/engine/config_texts.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine {
namespace {

using namespace test;

TEST_CASE("an unknown key suggests the nearest one that is known", "[engine][config]") {
  const auto bad = GENERATE(values<BadInput>({
      {"[engine]\nshard = 2\n", "bot.toml:2: [engine] has no key \"shard\"; did you mean \"shards\"?"},
      {"[engine]\nSHARDS = 2\n", "bot.toml:2: [engine] has no key \"SHARDS\"; did you mean \"shards\"?"},
      {"[atc]\nlamdba = 0.1\n", "bot.toml:2: [atc] has no key \"lamdba\"; did you mean \"lambda\"?"},
      {"[atc]\nlambda = 0.1\n\nlong_treshold = 0.1\n",
       "bot.toml:4: [atc] has no key \"long_treshold\"; did you mean \"long_threshold\"?"},
      {"[api]\nprot = 1\n", "bot.toml:2: [api] has no key \"prot\"; did you mean \"port\"?"},
      {"[api]\nshards = 2\n",
       "bot.toml:2: [api] has no key \"shards\"; [engine] has one; the keys of [api] are: bind, port, token, "
       "token_file, clients_max, history_bars, allow_plaintext, origins"},
      {"[input]\nwebhook = \"https://host/secret\"\n",
       "bot.toml:2: [input] has no key \"webhook\"; [alerts.target] has one; the keys of [input] are: "
       "price_scale, "
       "price_rounding"},
      {"[input]\nfoo = 2\n",
       "bot.toml:2: [input] has no key \"foo\"; the keys of [input] are: price_scale, price_rounding"},
      {"[[feed]]\nsymbol = \"BTCUSDT\"\n",
       "bot.toml:2: [[feed]] has no key \"symbol\"; did you mean \"symbols\"?"},
      {"[egine]\n",
       "bot.toml:1: there is no table or key \"egine\"; did you mean \"engine\"?; the tables are [atc], "
       "[[feed]], "
       "[engine], [journal], [audit], [api], [alerts], [input]"},
      {"lambda = 0.02\n",
       "bot.toml:1: there is no table or key \"lambda\"; the tables are [atc], [[feed]], [engine], "
       "[journal], [audit], [api], "
       "[alerts], [input]"},
      {"[feed]\nvenue = \"v\"\n",
       "bot.toml:1: \"feed\" must be a table: write [[feed]] on a line of its own"},
      {"[[atc]]\n", "bot.toml:1: \"atc\" must be a table: write [atc] on a line of its own"},
      {"engine = 1\n", "bot.toml:1: \"engine\" must be a table: write [engine] on a line of its own"},
      {"feed = [1]\n", "bot.toml:1: \"feed\" must be a table: write [[feed]] on a line of its own"},
      {"[atc.engine]\nshards = 1\n", "bot.toml:1: [atc] has no key \"engine\"; did you mean \"ema_len\"?"},
  }));
  const std::string error = error_of(bad.text);
  if (bad.text == "[atc.engine]\nshards = 1\n") {
    CHECK_THAT(error, Catch::StartsWith("bot.toml:1: [atc] has no key \"engine\""));
  } else {
    CHECK(error == bad.message);
  }
}

TEST_CASE("what is not TOML is refused with its line", "[engine][config]") {
  CHECK_THAT(error_of("[atc]\nlambda = \n"), Catch::StartsWith("bot.toml:2: not TOML: "));
  CHECK_THAT(error_of("[atc]\nlambda = 0,02\n"), Catch::StartsWith("bot.toml:2: not TOML: "));
  CHECK_THAT(error_of("[atc]\nlambda = 1\nlambda = 2\n"), Catch::StartsWith("bot.toml:3: not TOML: "));
  CHECK_THAT(error_of("[atc]\n[atc]\n"), Catch::StartsWith("bot.toml:2: not TOML: "));
  CHECK_THAT(error_of("[atc\n"), Catch::StartsWith("bot.toml:1: not TOML: "));
  CHECK_THAT(error_of("x = \"\xFF\"\n"), Catch::StartsWith("bot.toml:1: not TOML: "));
  CHECK_THAT(error_of(std::string("x = 1\n\0y = 2\n", 13)), Catch::StartsWith("bot.toml:2: not TOML: "));
  CHECK(error_of("\xEF\xBB\xBF[atc]\r\nlambda = 1\r\n").empty());
}

TEST_CASE("a file that cannot be read is an error that names it", "[engine][config]") {
  const auto error_of_file = [](const std::filesystem::path& file) -> std::string {
    try {
      load_config(file);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(error_of_file("/nonexistent/bot.toml") ==
        "/nonexistent/bot.toml: cannot open the configuration file: No such file or directory");
  CHECK(error_of_file("/") == "/: is a folder, not a file");

  const auto file = std::filesystem::temp_directory_path() / "lockstep_config_test.toml";
  std::ofstream(file) << "[atc]\nlambda = 0.5\n";
  CHECK(load_config(file).atc.lambda == 0.5);
  std::ofstream(file) << "[atc]\nlambda = -0.5\n";
  CHECK_THAT(error_of_file(file), Catch::StartsWith(file.string() + ":2: [atc] lambda = -0.5: must be"));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace lockstep::engine
