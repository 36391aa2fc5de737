// What a configuration holds when nothing, or everything, is in the file.
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "tests/engine/config_texts.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine {
namespace {

using namespace test;

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

}  // namespace
}  // namespace lockstep::engine
