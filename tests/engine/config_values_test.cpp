// Wrong values: each is refused with its place and what would be right.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "engine/config.hpp"
#include "tests/engine/config_texts.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine {
namespace {

using namespace test;

TEST_CASE("each wrong value of [atc] is refused with its place and what would be right", "[engine][config]") {
  const auto bad = GENERATE(values<BadInput>({
      {"ema_len = 0", "ema_len = 0: must be a whole number from 1 to 10000"},
      {"ema_len = 10001", "ema_len = 10001: must be a whole number from 1 to 10000"},
      {"hma_len = 28.0", "hma_len = 28.0: must be a whole number from 1 to 10000"},
      {"wma_len = \"28\"", "wma_len = \"28\": must be a whole number from 1 to 10000"},
      {"dema_len = 99999999999", "dema_len = 99999999999: must be a whole number from 1 to 10000"},
      {"lsma_len = [28]", "lsma_len = (a list): must be a whole number from 1 to 10000"},
      {"ema_w = 0", "ema_w = 0: must be above 0"},
      {"kama_w = -1.5", "kama_w = -1.5: must be above 0"},
      {"ema_w = \"1\"", "ema_w = \"1\": must be a finite number, such as 0.02 (without quotes)"},
      {"ema_w = inf", "ema_w = inf: must be a finite number, such as 0.02 (without quotes)"},
      {"lambda = nan", "lambda = nan: must be a finite number, such as 0.02 (without quotes)"},
      {"families = \"ema\"", "families = \"ema\": must be a list of texts, such as [\"a\", \"b\"]"},
      {"families = [\"ema\", 1]", "families = 1: every member of the list must be a text in quotes"},
      {"families = [\"sma\"]", "families = \"sma\": the families are ema, hma, wma, dema, lsma, kama"},
      {"families = [\"ema\", \"ema\"]", "families = \"ema\": is in the list twice; remove one"},
      {"robustness = \"broad\"", "robustness = \"broad\": must be one of (in quotes): narrow, medium, wide"},
      {"robustness = 1", "robustness = 1: must be one of (in quotes): narrow, medium, wide"},
      {"cutout = -1", "cutout = -1: must be a whole number from 0 to 1000000000"},
      {"source = \"Close\"",
       "source = \"Close\": must be one of (in quotes): close, open, high, low, hl2, hlc3, ohlc4, hlcc4"},
      {"hma = \"wma\"", "hma = \"wma\": must be one of (in quotes): sma, hull"},
      {"kama_seed = \"one\"", "kama_seed = \"one\": must be one of (in quotes): zero, price"},
      {"strategy = 1", "strategy = 1: must be true or false (without quotes)"},
      {"strategy = \"true\"", "strategy = \"true\": must be true or false (without quotes)"},
  }));
  CHECK(error_of("\n[atc]\n" + bad.text + "\n") == "bot.toml:3: [atc] " + bad.message);
}

TEST_CASE("settings that do not fit together are refused at the line that says so", "[engine][config]") {
  const auto bad = GENERATE(as<std::string>{}, "lambda = -1", "decay = 100", "decay = -0.1", "ema_len = 6",
                            "hma_len = 4", "long_threshold = -0.2", "short_threshold = 0.2", "families = []");
  const std::string error = error_of("[atc]\n" + bad + "\n");
  CAPTURE(bad, error);
  const bool is_default_to_blame =
      bad == "long_threshold = -0.2";  // the key named in the sentence stands elsewhere
  CHECK_THAT(error, Catch::StartsWith(is_default_to_blame ? "bot.toml:1: [atc] short_threshold"
                                                          : "bot.toml:2: [atc] "));
}

TEST_CASE("each wrong value of a [[feed]] is refused with its place and what would be right",
          "[engine][config]") {
  const auto bad = GENERATE(values<BadInput>({
      {"ws_url = \"http://x\"",
       "ws_url = \"http://x\": must be wss://HOST[:PORT] or ws://HOST[:PORT], or empty for the venue's own"},
      {"ws_url = \"wss://\"",
       "ws_url = \"wss://\": must be wss://HOST[:PORT] or ws://HOST[:PORT], or empty for the venue's own"},
      {"ws_url = \"wss:///x\"",
       "ws_url = \"wss:///x\": must be wss://HOST[:PORT] or ws://HOST[:PORT], or empty for the venue's own"},
      {"ws_url = \"wss://a b\"",
       "ws_url = \"wss://a b\": must be wss://HOST[:PORT] or ws://HOST[:PORT], or empty for the venue's own"},
      {"rest_url = \"ftp://x\"",
       "rest_url = \"ftp://x\": must be https://HOST[:PORT] or http://HOST[:PORT], or empty for the venue's "
       "own"},
      {"url = \"localhost\"",
       "url = \"localhost\": must be wss://HOST[:PORT] or ws://HOST[:PORT], or empty for the venue's own"},
      {"ca_file = 1", "ca_file = 1: must be a text in quotes"},
      {"ca_file = \"a\\u0000b\"", "ca_file = \"a\\u0000b\": must not hold a NUL character"},
      {"silence_s = 0", "silence_s = 0: must be a whole number from 1 to 3600"},
      {"backoff_ms_max = 3600001", "backoff_ms_max = 3600001: must be a whole number from 1 to 3600000"},
      {"streams_max = 1025", "streams_max = 1025: must be a whole number from 1 to 1024"},
  }));
  CHECK(error_of(kFeed + bad.text + "\n") == "bot.toml:5: [[feed]] " + bad.message);
}

TEST_CASE("symbols and intervals of a feed are checked one by one", "[engine][config]") {
  const std::string symbol_error =
      ": a symbol is 1 to 64 bytes without blanks, as the venue writes it: \"BTCUSDT\"";
  const auto feed = [](const std::string& symbols, const std::string& intervals) {
    return error_of("[[feed]]\nvenue = \"v\"\nsymbols = " + symbols + "\nintervals = " + intervals + "\n");
  };
  CHECK(feed("[\"BTC USDT\"]", "[\"1m\"]") == "bot.toml:3: [[feed]] symbols = \"BTC USDT\"" + symbol_error);
  CHECK(feed("[\"A\", \"\"]", "[\"1m\"]") == "bot.toml:3: [[feed]] symbols = \"\"" + symbol_error);
  CHECK(feed("[\"A\",\n \"\\n\"]", "[\"1m\"]") ==
        "bot.toml:4: [[feed]] symbols = \"\\u000A\"" + symbol_error);
  CHECK_THAT(feed(std::string("[\"").append(65, 'A').append("\"]"), "[\"1m\"]"),
             Catch::Contains(symbol_error));
  CHECK(feed(std::string("[\"").append(64, 'A').append("\", \"\u5E01\u5B89\"]"), "[\"1m\"]").empty());
  CHECK_THAT(feed("[\"A\", \"A\"]", "[\"1m\"]"), Catch::Contains("symbols = \"A\": is in the list twice"));
  CHECK_THAT(feed("[]", "[\"1m\"]"),
             Catch::Contains("bot.toml:3: [[feed]] symbols = (a list): every feed needs some"));
  CHECK_THAT(feed("[\"A\"]", "[]"), Catch::Contains("intervals = (a list): every feed needs some"));
  CHECK_THAT(feed("[\"A\"]", "[\"1min\"]"),
             Catch::Contains("bot.toml:4: [[feed]] intervals = \"1min\": an interval is"));
  CHECK_THAT(feed("[\"A\"]", "[\"60m\", \"1h\"]"),
             Catch::Contains("intervals = \"1h\": is as long as another one"));
  CHECK(feed("[\"A\"]", "[\"1m\", \"1M\"]").empty());
  CHECK_THAT(error_of("\n[[feed]]\nvenue = \"v\"\nintervals = [\"1m\"]\n"),
             Catch::StartsWith("bot.toml:2: [[feed]] symbols: every feed needs some"));
  CHECK_THAT(error_of("[[feed]]\n"), Catch::StartsWith("bot.toml:1: [[feed]] venue: every feed needs one"));
}

TEST_CASE("url and ws_url together, or one series in two feeds, are refused", "[engine][config]") {
  CHECK(error_of(kFeed + "url = \"ws://a\"\nws_url = \"ws://b\"\n") ==
        "bot.toml:5: [[feed]] url = \"ws://a\": means the same as ws_url; give one of them");
  CHECK(error_of(kFeed + "\n" + kFeed) ==
        "bot.toml:6: [[feed]] symbols: \"BTCUSDT\" at 1m on binance_spot is in another [[feed]] already; "
        "remove it from "
        "one");
}

TEST_CASE("each wrong value of [engine] is refused with its place and what would be right",
          "[engine][config]") {
  const auto bad = GENERATE(values<BadInput>({
      {"data_dir = \"\"", "data_dir = \"\": must name a folder"},
      {"data_dir = 1", "data_dir = 1: must be a text in quotes"},
      {"shards = 0", "shards = 0: must be a whole number from 1 to 64"},
      {"shards = 65", "shards = 65: must be a whole number from 1 to 64"},
      {"shards = true", "shards = true: must be a whole number from 1 to 64"},
      {"poll = \"spin\"", "poll = \"spin\": must be one of (in quotes): wait, busy"},
      {"lag_ms_max = -1", "lag_ms_max = -1: must be a whole number from 0 to 3600000"},
      {"queue_events_max = 1023", "queue_events_max = 1023: must be a whole number from 1024 to 67108864"},
      {"late_s = 0", "late_s = 0: must be a whole number from 1 to 3600"},
      {"log_level = \"verbose\"",
       "log_level = \"verbose\": must be one of (in quotes): trace, debug, info, warn, error"},
      {"log_file = false", "log_file = false: must be a text in quotes"},
      {"anchor = 1", "anchor = 1: must be a text in quotes"},
  }));
  CHECK(error_of("[engine]\n" + bad.text + "\n") == "bot.toml:2: [engine] " + bad.message);
}

TEST_CASE("A6: the token comes from a file that nobody else may read", "[engine][config][fault][A6]") {
  std::string file = (std::filesystem::temp_directory_path() / "lockstep-token-XXXXXX").string();
  const int descriptor = ::mkstemp(file.data());
  REQUIRE(descriptor >= 0);
  ::close(descriptor);
  std::ofstream(file) << kToken << '\n';
  const std::string text = "[api]\ntoken_file = \"" + file + "\"\n";
  CHECK(parse_config(text, "bot.toml").api.token == kToken);
  CHECK_THAT(error_of(text + "token = \"" + kToken + "\"\n"), Catch::Contains("not both"));
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  CHECK_THAT(error_of(text), Catch::Contains("chmod 600"));
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  std::ofstream(file) << "short\n";
  CHECK_THAT(error_of(text), Catch::Contains("32 to 512") && !Catch::Contains("short"));
  std::filesystem::remove(file);
  CHECK_THAT(error_of(text), Catch::Contains("cannot be read"));
}

TEST_CASE("each wrong value of [api] and [input] is refused with its place", "[engine][config]") {
  CHECK(error_of("[api]\nbind = \"localhost\"\n") ==
        "bot.toml:2: [api] bind = \"localhost\": must be an IP address, such as \"127.0.0.1\", \"::1\" or "
        "\"0.0.0.0\"");
  CHECK_THAT(error_of("[api]\nbind = \"0.0.0.0\"\n"), Catch::Contains("so [api] needs a token"));
  CHECK_THAT(error_of("[api]\nbind = \"::\"\n"), Catch::Contains("so [api] needs a token"));
  CHECK(error_of("[api]\nbind = \"::1\"\n").empty());
  CHECK(error_of("[api]\nbind = \"127.0.0.2\"\n").empty());
  const std::string beyond = "[api]\nbind = \"192.168.1.2\"\ntoken = \"" + kToken + "\"\n";
  CHECK_THAT(error_of(beyond), Catch::Contains("would travel unencrypted"));
  CHECK(error_of(beyond + "allow_plaintext = true\n").empty());
  CHECK(error_of("[api]\norigins = [\"https://charts.example:444\", \"http://10.0.0.1\"]\n").empty());
  for (const char* wrong :
       {"*", "https://*", "https://", "charts.example", "https://charts.example/", "null"}) {
    CAPTURE(wrong);
    CHECK_THAT(error_of("[api]\norigins = [\"" + std::string(wrong) + "\"]\n"),
               Catch::Contains("must be as browsers send it"));
  }
  CHECK(error_of("[api]\nport = 65536\n") ==
        "bot.toml:2: [api] port = 65536: must be a whole number from 0 to 65535");
  CHECK(error_of("[api]\nport = -1\n") ==
        "bot.toml:2: [api] port = -1: must be a whole number from 0 to 65535");
  CHECK(error_of("[api]\nclients_max = 0\n") ==
        "bot.toml:2: [api] clients_max = 0: must be a whole number from 1 to 10000");
  CHECK(error_of("[input]\nprice_scale = 19\n") ==
        "bot.toml:2: [input] price_scale = 19: must be a whole number from 0 to 18");
  CHECK(error_of("[input]\nprice_scale = -1\n") ==
        "bot.toml:2: [input] price_scale = -1: must be a whole number from 0 to 18");
  CHECK(error_of("[input]\nprice_rounding = \"half_up\"\n") ==
        "bot.toml:2: [input] price_rounding = \"half_up\": must be one of (in quotes): none, half_even");
}

TEST_CASE("A8: a token is never shown, not even a wrong or misplaced one", "[engine][config][fault][A8]") {
  const std::string secret = "hunter2";
  const auto text =
      GENERATE(as<std::string>{}, "[api]\ntoken = \"hunter2\"", "[api]\ntokn = \"hunter2\"",
               "[engine]\ntoken = \"hunter2\"", "token = \"hunter2\"", "[api]\ntoken = \"hunter2 \\n\"");
  const std::string error = error_of(text);
  CAPTURE(error);
  CHECK_FALSE(error.empty());
  CHECK(error.find(secret) == std::string::npos);
}

TEST_CASE("fsync policies are read, and anything else is refused", "[engine][config]") {
  CHECK(parse("[journal]\nfsync = \"never\"\n").journal.fsync == FsyncPolicy::never);
  const Config config = parse("[journal]\nfsync = \"interval:250\"\n");
  CHECK(config.journal.fsync == FsyncPolicy::interval);
  CHECK(config.journal.fsync_ms == 250);
  for (const char* wrong :
       {"", "Always", "interval", "interval:", "interval:0", "interval:60001", "interval:5ms"}) {
    CAPTURE(wrong);
    CHECK(error_of("[journal]\nfsync = \"" + std::string(wrong) + "\"\n") ==
          "bot.toml:2: [journal] fsync = \"" + std::string(wrong) +
              "\": must be \"always\", \"interval:MS\" with 1 to 60000 milliseconds, or \"never\"");
  }
  CHECK(error_of("[journal]\nsnapshots = 1\n") ==
        "bot.toml:2: [journal] snapshots = 1: must be a whole number from 2 to 100");
}

}  // namespace
}  // namespace lockstep::engine
