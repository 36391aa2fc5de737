// to_text() and parse_config() are each other's inverse.
#include "engine/config.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"

namespace lockstep::engine {
namespace {

using lockstep::test::Rng;

std::string random_name(Rng& rng) {
  static const std::vector<std::string> kPieces = {"a", "B", "7", "_",  "/",    "\\", "\"",
                                                   " ", "'", "#", "\t", "\x7f", "é",  "币"};
  std::string name = "x";
  for (std::int64_t i = rng.between(0, 12); i > 0; --i) name += rng.pick(kPieces);
  return name;
}

feeds::FeedConfig random_feed(Rng& rng, int number) {
  feeds::FeedConfig feed;
  feed.venue = rng.chance(50) ? "binance_spot" : "binance_usdm";
  for (std::int64_t i = rng.between(1, 4); i > 0; --i) {
    std::string symbol = rng.chance(20) ? "币" : "S";
    symbol += std::to_string(number);
    symbol += 'X';
    symbol += std::to_string(i);
    feed.symbols.push_back(symbol);
  }
  feed.intervals =
      rng.chance(50) ? std::vector<std::string>{"1m"} : std::vector<std::string>{"5m", "1h", "1M"};
  if (rng.chance(50)) feed.ws_url = "wss://localhost:" + std::to_string(rng.between(1, 65'535));
  if (rng.chance(50)) feed.rest_url = "https://localhost:" + std::to_string(rng.between(1, 65'535));
  if (rng.chance(50)) feed.ca_file = random_name(rng);
  feed.silence_s = static_cast<int>(rng.between(1, 600));
  feed.backoff_ms_max = static_cast<int>(rng.between(1000, 60'000));
  feed.streams_max = static_cast<int>(rng.between(1, 1000));
  return feed;
}

Config random_settings(Rng& rng) {
  Config config;
  config.atc = lockstep::test::random_config(rng, 200);
  for (std::int64_t i = rng.between(0, 3); i > 0; --i)
    config.feeds.push_back(random_feed(rng, static_cast<int>(i)));
  EngineConfig& engine = config.engine;
  engine.data_dir = random_name(rng);
  const std::vector<Anchor> anchors = {
      {},
      {Anchor::Kind::time, rng.between(1'300'000'000, 4'000'000'000) * 1000, 0, 0},
      {Anchor::Kind::rolling, 0, rng.between(1, 1'000'000), rng.between(1, 1'000'000)}};
  engine.anchor = rng.pick(anchors);
  engine.shards = static_cast<int>(rng.between(1, 64));
  engine.poll = rng.chance(50) ? PollMode::busy : PollMode::wait;
  engine.queue_events_max = static_cast<int>(rng.between(1024, 1 << 20));
  engine.lag_ms_max = static_cast<int>(rng.between(0, 3'600'000));
  engine.late_s = static_cast<int>(rng.between(1, 600));
  engine.log_level = rng.chance(50) ? "trace" : "warn";
  if (rng.chance(50)) engine.log_file = random_name(rng);
  JournalConfig& journal = config.journal;
  journal.is_enabled = rng.chance(50);
  journal.fsync = rng.pick(std::vector{FsyncPolicy::always, FsyncPolicy::interval, FsyncPolicy::never});
  if (journal.fsync == FsyncPolicy::interval) journal.fsync_ms = static_cast<int>(rng.between(1, 60'000));
  journal.segment_bytes = rng.between(1 << 16, 1 << 30);
  journal.compress = rng.chance(50);
  journal.keep_days = static_cast<int>(rng.between(0, 36'500));
  journal.keep_mb = rng.between(0, 1 << 30);
  journal.snapshot_s = static_cast<int>(rng.between(1, 86'400));
  journal.snapshots = static_cast<int>(rng.between(2, 100));
  config.api.bind = rng.chance(50) ? "127.0.0.1" : "::1";
  config.api.port = static_cast<int>(rng.between(0, 65'535));
  config.api.clients_max = static_cast<int>(rng.between(1, 1000));
  config.api.history_bars = static_cast<int>(rng.between(0, 9000));
  if (rng.chance(50)) config.api.origins = {"https://charts.example", "http://localhost:3000"};
  config.api.token = "secret-0123456789abcdef0123456789abcdef";
  config.price_scale = static_cast<int>(rng.between(-1, 18));
  config.price_rounding_half_even = rng.chance(50);
  return config;
}

void require_same(const feeds::FeedConfig& a, const feeds::FeedConfig& b) {
  REQUIRE(a.venue == b.venue);
  REQUIRE(a.symbols == b.symbols);
  REQUIRE(a.intervals == b.intervals);
  REQUIRE(a.ws_url == b.ws_url);
  REQUIRE(a.rest_url == b.rest_url);
  REQUIRE(a.ca_file == b.ca_file);
  REQUIRE(a.silence_s == b.silence_s);
  REQUIRE(a.cross_check == b.cross_check);
  REQUIRE(a.clock_offset_ms_max == b.clock_offset_ms_max);
  REQUIRE(a.backoff_ms_max == b.backoff_ms_max);
  REQUIRE(a.streams_max == b.streams_max);
}

void require_same(const Config& a, const Config& b) {
  REQUIRE(a.atc == b.atc);
  REQUIRE(a.feeds.size() == b.feeds.size());
  for (std::size_t i = 0; i < a.feeds.size(); ++i) require_same(a.feeds[i], b.feeds[i]);
  REQUIRE(a.engine.data_dir == b.engine.data_dir);
  REQUIRE(a.engine.anchor == b.engine.anchor);
  REQUIRE(a.engine.shards == b.engine.shards);
  REQUIRE(a.engine.poll == b.engine.poll);
  REQUIRE(a.engine.queue_events_max == b.engine.queue_events_max);
  REQUIRE(a.engine.lag_ms_max == b.engine.lag_ms_max);
  REQUIRE(a.engine.late_s == b.engine.late_s);
  REQUIRE(a.engine.log_level == b.engine.log_level);
  REQUIRE(a.engine.log_file == b.engine.log_file);
  REQUIRE(a.journal.is_enabled == b.journal.is_enabled);
  REQUIRE(a.journal.fsync == b.journal.fsync);
  REQUIRE(a.journal.fsync_ms == b.journal.fsync_ms);
  REQUIRE(a.journal.segment_bytes == b.journal.segment_bytes);
  REQUIRE(a.journal.compress == b.journal.compress);
  REQUIRE(a.journal.keep_days == b.journal.keep_days);
  REQUIRE(a.journal.keep_mb == b.journal.keep_mb);
  REQUIRE(a.journal.snapshot_s == b.journal.snapshot_s);
  REQUIRE(a.journal.snapshots == b.journal.snapshots);
  REQUIRE(a.api.bind == b.api.bind);
  REQUIRE(a.api.port == b.api.port);
  REQUIRE(a.api.clients_max == b.api.clients_max);
  REQUIRE(a.api.history_bars == b.api.history_bars);
  REQUIRE(a.api.origins == b.api.origins);
  REQUIRE(a.api.allow_plaintext == b.api.allow_plaintext);
  REQUIRE(a.price_scale == b.price_scale);
  REQUIRE(a.price_rounding_half_even == b.price_rounding_half_even);
}

}  // namespace

TEST_CASE("the text of a configuration sets the same configuration", "[engine][config]") {
  for (int draw = 0; draw < lockstep::test::draws(500); ++draw) {
    Rng rng(static_cast<std::uint64_t>(draw));
    const Config config = random_settings(rng);
    const std::string text = to_text(config);
    CAPTURE(draw, text);
    const Config read = parse_config(text, "text");
    require_same(config, read);
    REQUIRE(to_text(read) == text);
  }
}

TEST_CASE("the text of a configuration never holds the token", "[engine][config]") {
  for (int draw = 0; draw < 50; ++draw) {
    Rng rng(static_cast<std::uint64_t>(draw));
    const std::string text = to_text(random_settings(rng));
    REQUIRE(text.find("secret") == std::string::npos);
    REQUIRE(text.find("token") == std::string::npos);
  }
}

}  // namespace lockstep::engine
