#include "engine/config.hpp"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace lockstep::engine {
namespace {

const std::string kFeed =
    "[[feed]]\nvenue = \"binance_spot\"\nsymbols = [\"BTCUSDT\"]\nintervals = [\"1m\"]\n";
const std::string kToken = "0123456789abcdef0123456789abcdef";

Config parse(const std::string& text) {
  return parse_config(text, "bot.toml");
}

/// The message of the ConfigError, empty when there was none.
std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

struct BadInput {
  std::string text;
  std::string message;  // the whole of it
};

std::string read_page() {
  std::ifstream in(LOCKSTEP_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The ```toml blocks of a page.
std::vector<std::string> toml_blocks(const std::string& page) {
  std::vector<std::string> blocks;
  const std::string open = "```toml\n";
  for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
    at += open.size();
    blocks.push_back(page.substr(at, page.find("```", at) - at));
  }
  return blocks;
}

}  // namespace

TEST_CASE("an empty file gives every default", "[engine][config]") {
  const Config config = parse("");
  CHECK(config.atc == AtcConfig{});
  CHECK(config.feeds.empty());
  CHECK(config.engine.data_dir == "lockstep-data");
  CHECK(config.engine.anchor == Anchor{Anchor::Kind::rolling, 0, 1500, 100});
  CHECK_FALSE(config.engine.anchor_given);
  CHECK(config.engine.shards == 1);
  CHECK(config.engine.poll == PollMode::wait);
  CHECK_FALSE(config.engine.data_dir_given);
  CHECK(config.journal.is_enabled);
  CHECK(config.journal.fsync == FsyncPolicy::always);
  CHECK(config.api.bind == "127.0.0.1");
  CHECK(config.api.port == 8787);
  CHECK(config.price_scale == -1);
  CHECK_FALSE(config.price_rounding_half_even);
}

TEST_CASE("every value of the file arrives", "[engine][config]") {
  const Config config = parse(R"(
[atc]
ema_len = 14
hma_len = 15
wma_len = 16
dema_len = 17
lsma_len = 18
kama_len = 19
ema_w = 2
hma_w = 1.5
wma_w = 0.25
dema_w = 3.0
lsma_w = 4.0
kama_w = 5.0
families = ["kama", "ema"]
robustness = "Wide"
lambda = 1
decay = 0.5
cutout = 100
long_threshold = 0.2
short_threshold = -0.3
source = "hlc3"
hma = "hull"
kama_seed = "price"
strategy = true

[[feed]]
venue = "binance_usdm"
symbols = ["BTCUSDT", "ETHUSDT"]
intervals = ["1m", "1M"]
ws_url = "ws://127.0.0.1:9001/stream"
rest_url = "http://127.0.0.1:9002"
ca_file = "ca.pem"
silence_s = 5
backoff_ms_max = 500
streams_max = 10

[[feed]]
venue = "binance_spot"
symbols = ["BTCUSDT"]
intervals = ["1m"]
url = "wss://private.example"

[engine]
data_dir = "data"
anchor = "rolling:3000/50"
shards = 4
poll = "busy"
queue_events_max = 4096
late_s = 3
log_level = "debug"
log_file = "bot.log"

[api]
bind = "0.0.0.0"
port = 0
token = "0123456789abcdef0123456789abcdef"
clients_max = 7
history_bars = 50
origins = ["https://charts.example"]
allow_plaintext = true

[input]
price_scale = 5
price_rounding = "half_even"
)");
  AtcConfig atc;
  atc.lengths = {14, 15, 16, 17, 18, 19};
  atc.weights = {2, 1.5, 0.25, 3, 4, 5};
  atc.enabled = {true, false, false, false, false, true};
  atc.robustness = Robustness::wide;
  atc.lambda = 1;
  atc.decay = 0.5;
  atc.cutout = 100;
  atc.long_threshold = 0.2;
  atc.short_threshold = -0.3;
  atc.source = Source::hlc3;
  atc.hma = HmaKind::hull;
  atc.kama_seed = KamaSeed::price;
  atc.strategy = true;
  CHECK(config.atc == atc);

  REQUIRE(config.feeds.size() == 2);
  const feeds::FeedConfig& feed = config.feeds[0];
  CHECK(feed.venue == "binance_usdm");
  CHECK(feed.symbols == std::vector<std::string>{"BTCUSDT", "ETHUSDT"});
  CHECK(feed.intervals == std::vector<std::string>{"1m", "1M"});
  CHECK(feed.ws_url == "ws://127.0.0.1:9001/stream");
  CHECK(feed.rest_url == "http://127.0.0.1:9002");
  CHECK(feed.ca_file == "ca.pem");
  CHECK(feed.silence_s == 5);
  CHECK(feed.backoff_ms_max == 500);
  CHECK(feed.streams_max == 10);
  CHECK(config.feeds[1].ws_url == "wss://private.example");
  CHECK(config.feeds[1].rest_url.empty());
  CHECK(config.feed_places == std::vector<std::string>{"bot.toml:27: ", "bot.toml:38: "});

  CHECK(config.engine.data_dir == "data");
  CHECK(config.engine.anchor == Anchor{Anchor::Kind::rolling, 0, 3000, 50});
  CHECK(config.engine.anchor_given);
  CHECK(config.engine.shards == 4);
  CHECK(config.engine.poll == PollMode::busy);
  CHECK(config.engine.queue_events_max == 4096);
  CHECK(config.engine.late_s == 3);
  CHECK(config.engine.log_level == "debug");
  CHECK(config.engine.log_file == "bot.log");
  CHECK(config.api.bind == "0.0.0.0");
  CHECK(config.api.port == 0);
  CHECK(config.api.token == kToken);
  CHECK(config.api.clients_max == 7);
  CHECK(config.api.history_bars == 50);
  CHECK(config.api.origins == std::vector<std::string>{"https://charts.example"});
  CHECK(config.api.allow_plaintext);
  CHECK(parse_config(to_text(config), "again").api.clients_max == 7);
  CHECK(config.price_scale == 5);
  CHECK(config.price_rounding_half_even);
}

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

TEST_CASE("an anchor is history, a UTC time or rolling", "[engine][config][anchor]") {
  CHECK(parse_anchor("history") == Anchor{});
  CHECK(parse_anchor("2024-01-01T00:00:00Z") == Anchor{Anchor::Kind::time, 1'704'067'200'000, 0, 0});
  CHECK(parse_anchor("2024-01-01") == parse_anchor("2024-01-01T00:00:00Z"));
  CHECK(parse_anchor("2024-02-29T13:47:11.123Z").time_ms == 1'709'214'431'123);
  CHECK(parse_anchor("1969-12-31T23:59:59.999Z").time_ms == -1);
  CHECK(parse_anchor("rolling:1500/100") == Anchor{Anchor::Kind::rolling, 0, 1500, 100});
  CHECK(parse_anchor("rolling:1/1") == Anchor{Anchor::Kind::rolling, 0, 1, 1});
  for (const char* text :
       {"history", "2024-01-01T00:00:00Z", "2024-02-29T13:47:11.123Z", "1969-12-31T23:59:59.999Z",
        "1900-01-01T00:00:00Z", "2199-12-31T23:59:59Z", "rolling:1000000/1"}) {
    CHECK(to_string(parse_anchor(text)) == text);
  }
}

TEST_CASE("an anchor can be one of TOML's own dates", "[engine][config][anchor]") {
  CHECK(parse("[engine]\nanchor = 2024-01-01T00:00:00Z\n").engine.anchor == parse_anchor("2024-01-01"));
  CHECK(parse("[engine]\nanchor = 2024-01-01\n").engine.anchor == parse_anchor("2024-01-01"));
  CHECK_THAT(error_of("[engine]\nanchor = 2024-01-01T00:00:00+01:00\n"),
             Catch::StartsWith(
                 "bot.toml:2: [engine] anchor = 2024-01-01T00:00:00+01:00: must be \"history\", a UTC"));
  CHECK_THAT(error_of("[engine]\nanchor = 2024-01-01T00:00:00\n"),
             Catch::StartsWith("bot.toml:2: [engine] anchor = "));
}

TEST_CASE("what is not an anchor is refused, each form by itself", "[engine][config][anchor]") {
  const auto text = GENERATE(
      as<std::string>{}, "", "History", "yesterday", "2024", "2024-13-01", "2023-02-29", "2024-00-10",
      "2024-01-00", "24-01-01", "2024-1-1", "2024-01-01T00:00:00", "2024-01-01T24:00:00Z",
      "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00+01:00",
      "2024-01-01T00:00:00.1Z", "2024-01-01Z", "1899-12-31", "2200-01-01", "-024-01-01", "1704067200000",
      "rolling", "rolling:", "rolling:1500", "rolling:/100", "rolling:1500/", "rolling:0/100",
      "rolling:1500/0", "rolling:-1/1", "rolling:1500/100/1", "rolling: 1500/100", "rolling:1500/100 ",
      "rolling:1000001/1", "rolling:99999999999999999999/1", "rolling:1.5/1");
  CAPTURE(text);
  CHECK_THROWS_AS(parse_anchor(text), ConfigError);
  CHECK_THAT(
      error_of("[engine]\nanchor = \"" + text + "\"\n"),
      Catch::StartsWith("bot.toml:2: [engine] anchor = \"" + text + "\": must be \"history\", a UTC time"));
}

TEST_CASE("every key is on the configuration page, and its examples are read", "[engine][config][docs]") {
  const std::vector<std::string> blocks = toml_blocks(read_page());
  REQUIRE(blocks.size() >= 6);
  std::string all;
  for (const std::string& block : blocks) {
    CAPTURE(block);
    CHECK_NOTHROW(parse_config(block, "configuration.md"));
    all += block;
  }
  const std::vector<std::string> keys = known_config_keys();
  CHECK(keys.size() == 76);
  for (const std::string& key : keys) {
    CAPTURE(key);
    // In a block that opens the key's table, at the start of a line.
    const std::string table = key.substr(0, key.find('.'));
    const std::string line = std::string("\n").append(key.substr(key.find('.') + 1)).append(" = ");
    const auto documents = [&](const std::string& block) {
      const bool is_key =
          block.find(line) != std::string::npos || block.find("[[" + key + "]]") != std::string::npos;
      return block.find("[" + table + "]") != std::string::npos && is_key;
    };
    CHECK(std::any_of(blocks.begin(), blocks.end(), documents));
  }
}

TEST_CASE("the examples of the configuration page show the defaults", "[engine][config][docs]") {
  for (const std::string& block : toml_blocks(read_page())) {
    if (block.find("[[feed]]") != std::string::npos) {
      const feeds::FeedConfig feed = parse(block).feeds.front();
      CHECK(feed.silence_s == feeds::FeedConfig{}.silence_s);
      CHECK(feed.backoff_ms_max == feeds::FeedConfig{}.backoff_ms_max);
      CHECK(feed.streams_max == feeds::FeedConfig{}.streams_max);
      CHECK(feed.ca_file.empty());
      continue;
    }
    const Config shown = parse(block);
    const EngineConfig engine;
    CHECK(shown.atc == AtcConfig{});
    CHECK(shown.engine.data_dir == engine.data_dir);
    CHECK(shown.engine.anchor == engine.anchor);
    CHECK(shown.engine.shards == engine.shards);
    CHECK(shown.engine.poll == engine.poll);
    CHECK(shown.engine.queue_events_max == engine.queue_events_max);
    CHECK(shown.engine.late_s == engine.late_s);
    CHECK(shown.engine.log_level == engine.log_level);
    CHECK(shown.engine.log_file == engine.log_file);
    CHECK(shown.api.bind == ApiConfig{}.bind);
    CHECK(shown.api.port == ApiConfig{}.port);
    CHECK(shown.api.token == ApiConfig{}.token);
    CHECK(shown.api.clients_max == ApiConfig{}.clients_max);
    CHECK(shown.api.history_bars == ApiConfig{}.history_bars);
    CHECK(shown.api.origins == ApiConfig{}.origins);
    CHECK(shown.api.allow_plaintext == ApiConfig{}.allow_plaintext);
    CHECK_FALSE(shown.price_rounding_half_even);
  }
}

}  // namespace lockstep::engine
