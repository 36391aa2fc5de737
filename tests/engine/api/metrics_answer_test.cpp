// /metrics over a real socket: what it says, and that docs/metrics.md and the files beside it name the same.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "engine/alerts/dispatcher.hpp"
#include "engine/daemon_meter.hpp"
#include "engine/metrics/registry.hpp"
#include "tests/engine/api/api_fixture.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::test {
namespace {

using Names = std::set<std::string>;

ApiHooks full_hooks(const metrics::Registry& registry) {
  ApiHooks hooks;
  hooks.feed_health = [] {
    feeds::FeedHealth one;
    one.venue = "binance_spot";
    one.connected = true;
    one.frames = 10;
    one.lag_ms = 250;
    one.clock_offset_ms = -1'500;
    one.with_history = {30, 2, 1};
    one.with_trades = {20, 3, 2};
    one.rest.requests = 4;
    one.rest.wait_ms = 1'500;
    feeds::FeedHealth two = one;
    two.connected = false;
    two.lag_ms = 40;
    return std::vector{one, two};
  };
  hooks.daemon_health = [] {
    DaemonHealth health;
    health.queue_depth = {3, 0};
    health.lag_ms = {250, 0};
    health.has_journal = true;
    health.journal.records = 77;
    return health;
  };
  hooks.write_metrics = [&registry](metrics::TextWriter& out) {
    registry.write(out);
    // The daemon's own, when it has a journal.
    out.family("lockstep_journal_sync_seconds", metrics::Type::histogram, ".")
        .value({}, metrics::Latency().totals());
    out.single("lockstep_journal_lag_seconds", metrics::Type::gauge, ".", 0);
    out.single("lockstep_alerts_suppressed_total", metrics::Type::counter, ".", 0);
    out.single("lockstep_series_changes_total", metrics::Type::counter, ".", 0);
  };
  return hooks;
}

/// A server that has everything that /metrics can show.
struct FullServer {
  core::Catalog catalog = small_catalog();
  metrics::Registry registry;
  DaemonMeter meter{registry, catalog};
  alerts::Dispatcher dispatcher{AlertsConfig{}, "", registry};
  TestServer server{small_catalog(), quiet_limits(), TestServer::any_port(), full_hooks(registry)};

  std::string text() {
    const Reply reply = get(server.port(), "/metrics");
    REQUIRE(reply.status == 200);
    CHECK(reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8");
    return reply.body;
  }
};

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

std::string read_file(const std::string& name) {
  std::ifstream file(std::filesystem::path(LOCKSTEP_SOURCE_DIR) / name);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Names matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  Names names;
  for (std::sregex_iterator each(text.begin(), text.end(), regex), end; each != end; ++each)
    names.insert((*each)[1]);
  return names;
}

/// Names that a file uses, without the suffixes of a histogram's parts.
Names used_in(const std::string& name) {
  Names used;
  for (std::string each : matches(read_file(name), "\\b((?:lockstep|process)_[a-z_]+)")) {
    for (const std::string suffix : {"_bucket", "_count", "_sum"}) {
      const bool has_suffix = each.size() > suffix.size() &&
                              each.compare(each.size() - suffix.size(), suffix.size(), suffix) == 0;
      if (has_suffix) each.resize(each.size() - suffix.size());
    }
    used.insert(each);
  }
  return used;
}

TEST_CASE("/metrics counts series by venue and state, and adds up the feeds of a venue",
          "[engine][api][metrics]") {
  FullServer full;
  full.server.publish(make_signal(0, 1));
  full.server.publish(make_state(1, SeriesState::gap, core::Reason::bar_missing));
  const std::string text = full.text();
  CAPTURE(text);
  CHECK(has_line(text, "lockstep_series{venue=\"binance_spot\",state=\"live\"} 1"));
  CHECK(has_line(text, "lockstep_series{venue=\"binance_spot\",state=\"gap\"} 1"));
  CHECK(has_line(text, "lockstep_series{venue=\"binance_usdm\",state=\"warming\"} 1"));
  CHECK(has_line(text, "lockstep_feed_connected{venue=\"binance_spot\"} 0"));
  CHECK(has_line(text, "lockstep_feed_frames_total{venue=\"binance_spot\"} 20"));
  CHECK(has_line(text, "lockstep_feed_lag_seconds{venue=\"binance_spot\"} 0.25"));
  CHECK(has_line(text, "lockstep_rest_requests_total{venue=\"binance_spot\"} 8"));
  CHECK(has_line(text, "lockstep_rest_wait_seconds_total{venue=\"binance_spot\"} 3"));
  CHECK(has_line(text, "lockstep_queue_depth{shard=\"0\"} 3"));
  CHECK(has_line(text, "lockstep_queue_lag_seconds{shard=\"0\"} 0.25"));
  CHECK(has_line(text, "lockstep_clock_offset_seconds{venue=\"binance_spot\"} -1.5"));
  // Two feeds of the venue.
  CHECK(has_line(text, "lockstep_history_compared_total{venue=\"binance_spot\"} 60"));
  CHECK(has_line(text, "lockstep_history_differences_total{venue=\"binance_spot\"} 4"));
  CHECK(has_line(text, "lockstep_history_absent_total{venue=\"binance_spot\"} 2"));
  CHECK(has_line(text, "lockstep_trades_compared_total{venue=\"binance_spot\"} 40"));
  CHECK(has_line(text, "lockstep_trades_differences_total{venue=\"binance_spot\"} 6"));
  CHECK(has_line(text, "lockstep_trades_corrected_total{venue=\"binance_spot\"} 4"));
  CHECK(has_line(text, "lockstep_journal_records_total 77"));
  CHECK(has_line(text, "lockstep_audit_mismatches_total 0"));
  CHECK(has_line(text, "lockstep_api_requests_total 1"));
}

TEST_CASE("a live bar's way is measured, a replayed one's is not", "[engine][api][metrics]") {
  FullServer full;
  Signal signal = make_signal(0, 1);
  signal.is_replayed = false;
  signal.ts_recv_ns = 1'000'000;
  signal.ts_published_ns = 1'030'000;
  full.meter.delivered(signal, 1'040'000);
  signal.is_replayed = true;
  full.meter.delivered(signal, 900'000'000);
  const std::string text = full.text();
  CAPTURE(text);
  CHECK(has_line(text, "lockstep_signal_latency_seconds_sum{kind=\"closed\"} 4e-05"));
  CHECK(has_line(text, "lockstep_signal_latency_seconds_count{kind=\"closed\"} 1"));
  CHECK(has_line(text, "lockstep_signal_stage_seconds_sum{stage=\"deliver\"} 1e-05"));
  CHECK(has_line(text, "lockstep_signals_total{venue=\"binance_spot\",interval=\"1m\",kind=\"closed\"} 2"));
  CHECK(has_line(text, "lockstep_state_changes_total{state=\"live\"} 1"));
}

TEST_CASE("the stages of a shard begin where the event before them ended", "[engine][metrics]") {
  metrics::Latency queue, compute;
  ShardMeter meter(queue.add_share(), compute.add_share());
  Signal signal = make_signal(0, 1);
  signal.is_replayed = false;
  signal.ts_recv_ns = 1'000;
  signal.ts_published_ns = 4'000;
  meter.begin(3'000);
  meter.published(signal);  // 2 us in the queue, 1 us in the shard
  signal.ts_published_ns = 4'500;
  meter.published(signal);  // 3 us in the queue, the 0.5 us since the one before it in the shard
  CHECK(queue.totals().sum_ns == 5'000);
  CHECK(compute.totals().sum_ns == 1'500);
}

TEST_CASE("no line of /metrics names a symbol", "[engine][api][metrics]") {
  FullServer full;
  full.server.publish(make_signal(0, 1));
  CHECK(full.text().find("BTCUSDT") == std::string::npos);
}

TEST_CASE("docs/metrics.md has every metric, and nothing else", "[engine][api][metrics]") {
  FullServer full;
  const Names served = matches(full.text(), "# TYPE ([a-z_0-9]+) ");
  CHECK(matches(read_file("docs/metrics.md"), "\\n\\| `([a-z_0-9]+)` \\|") == served);
}

TEST_CASE("dashboard and alert rules use metrics that are there", "[engine][api][metrics]") {
  FullServer full;
  const Names served = matches(full.text(), "# TYPE ([a-z_0-9]+) ");
  for (const std::string file : {"docs/grafana/lockstep.json", "docs/prometheus/rules.yml"}) {
    CAPTURE(file);
    for (const std::string& name : used_in(file)) {
      CAPTURE(name);
      CHECK(served.count(name) == 1);
    }
  }
}

TEST_CASE("/metrics needs the token where there is one, /healthz does not", "[engine][api][metrics]") {
  ApiConfig config = TestServer::any_port();
  config.token = "0123456789abcdef0123456789abcdef";
  TestServer server(small_catalog(), quiet_limits(), config);
  CHECK(get(server.port(), "/metrics").status == 401);
  CHECK(get(server.port(), "/metrics", {{"Authorization", "Bearer " + config.token}}).status == 200);
  CHECK(get(server.port(), "/healthz").status == 200);
}

}  // namespace
}  // namespace lockstep::engine::test
