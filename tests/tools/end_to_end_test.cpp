// The promise, end to end: what the daemon serves, through real sockets and a cut connection, is what
// `lockstep compute` gives for the same bars, to the bit.
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <thread>

#include "engine/api/api_server.hpp"
#include "engine/daemon.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/exchange_feed.hpp"
#include "tests/tools/compute_run.hpp"

namespace lockstep {
namespace {

using namespace std::chrono_literals;

/// compute's line for each bar, by open time.
using ComputedBars = std::map<std::int64_t, std::vector<std::string>>;

std::string config_text(const std::string& anchor) {
  return "[engine]\nanchor = \"" + anchor + "\"\n";
}

ComputedBars compute_truth(const sim::ExchangeSim& exchange, const std::string& symbol,
                           const std::string& interval, int price_scale, const std::string& anchor,
                           const test::TemporaryFolder& folder) {
  const std::string bars = folder.path(symbol + interval + ".csv");
  const std::string config = folder.path("compute.toml");
  const std::string out = folder.path("out.csv");
  std::ofstream(config) << config_text(anchor);
  std::ofstream csv(bars);
  csv << "ts_ms,open,high,low,close,volume\n";
  for (const auto& bar : exchange.truth(symbol, interval)) {
    csv << bar.ts_open_ms << ',' << bar.open << ',' << bar.high << ',' << bar.low << ',' << bar.close << ','
        << bar.volume << '\n';
  }
  csv.close();
  tools::ComputeOptions options;
  options.bars = bars;
  options.config = config;
  options.price_scale = price_scale;
  options.interval = interval;
  options.out = out;
  const auto run = test::run_compute(options);
  INFO(run.errors);
  REQUIRE(run.exit_code == 0);
  ComputedBars computed;
  auto rows = test::csv_fields(test::read_file(out));
  REQUIRE(rows.at(0).at(0) == "ts_ms");
  for (std::size_t i = 1; i < rows.size(); ++i) computed[std::stoll(rows[i][0])] = rows[i];
  return computed;
}

void require_same(const std::string& text, double value) {
  if (text.empty()) {
    REQUIRE(is_undefined(value));
  } else {
    REQUIRE(std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)) ==
            std::bit_cast<std::uint64_t>(value));
  }
}

void require_same(const std::vector<std::string>& row, const engine::Signal& signal) {
  CAPTURE(signal.series, signal.bar.ts_open_ms, signal.is_replayed);
  require_same(row.at(2), signal.outputs.average);
  for (std::size_t f = 0; f < kFamilies; ++f) {
    require_same(row.at(3 + f), signal.outputs.signal[f]);
    require_same(row.at(9 + f), signal.outputs.equity[f]);
  }
  const int direction = row.at(15).empty() ? 0 : std::stoi(row.at(15));
  REQUIRE(direction == signal.outputs.direction);
  const char* events[] = {"", "long", "short"};
  REQUIRE(row.at(16) == events[static_cast<int>(signal.outputs.event)]);
}

nlohmann::json get(int port, const std::string& target) {
  namespace http = boost::beast::http;
  boost::asio::io_context io;
  boost::asio::ip::tcp::socket socket(io);
  socket.connect({boost::asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(port)});
  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, "127.0.0.1:" + std::to_string(port));
  http::write(socket, request);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  http::read(socket, buffer, response);
  REQUIRE(response.result() == http::status::ok);
  return nlohmann::json::parse(response.body());
}

engine::Config daemon_config(const sim::ExchangeSim& exchange, const std::string& venue,
                             const std::string& anchor) {
  engine::Config config = engine::parse_config(config_text(anchor), "test");
  feeds::FeedConfig feed = test::feed_from(exchange, {"1m", "5m"}, venue);
  feed.ca_file = exchange.ca_file().string();
  config.feeds = {feed};
  config.engine.late_s = 600;  // venue time runs hundreds of times faster than the machine's
  config.api.port = 0;
  return config;
}

/// Lets the daemon run until each series has published enough live closed bars after the connection was cut.
std::vector<engine::Signal> run_daemon(engine::Daemon& daemon, sim::ExchangeSim& exchange,
                                       std::map<core::SeriesId, nlohmann::json>& served) {
  std::vector<engine::Signal> signals;
  std::vector<int> before_cut(daemon.catalog().size()), after_cut(daemon.catalog().size());
  bool is_cut = false;
  const auto reached = [](const std::vector<int>& counts, int least) {
    return std::all_of(counts.begin(), counts.end(), [&](int count) { return count >= least; });
  };
  std::thread client;
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  const auto check = [&] {
    if (!is_cut && reached(before_cut, 4)) {
      REQUIRE(exchange.cut_connections() > 0);
      is_cut = true;
    }
    if (std::chrono::steady_clock::now() > deadline) daemon.stop();
    if (!client.joinable() && reached(after_cut, 4)) {
      // A second thread asks, as a bot would, while the daemon goes on.
      client = std::thread([&] {
        for (const core::Series& series : daemon.catalog().series()) {
          served[series.id] = get(daemon.api().port(), "/v1/signals/" + series.venue + "/" + series.symbol +
                                                           "/" + series.interval.text());
        }
        daemon.stop();
      });
    }
  };
  daemon.start();
  daemon.run_outputs(10, check, [&](const engine::Signal& signal) {
    signals.push_back(signal);
    if (signal.is_closed() && signal.is_valid) ++(is_cut ? after_cut : before_cut)[signal.series];
  });
  if (client.joinable()) client.join();
  REQUIRE(is_cut);
  REQUIRE(reached(after_cut, 4));
  return signals;
}

void check_end_to_end(sim::Dialect dialect, const std::string& venue, const std::string& anchor,
                      const std::string& compute_anchor) {
  const test::TemporaryFolder folder;
  sim::SimConfig setup;
  setup.seed = 20261121;
  setup.dialect = dialect;
  setup.symbols = 7;
  setup.speed = 900;
  setup.history_bars = 4000;
  setup.tls = true;
  sim::ExchangeSim exchange(setup);
  exchange.start();
  std::map<core::SeriesId, nlohmann::json> served;
  engine::Daemon daemon(daemon_config(exchange, venue, anchor));
  const std::vector<engine::Signal> signals = run_daemon(daemon, exchange, served);
  exchange.stop();

  for (const core::Series& series : daemon.catalog().series()) {
    CAPTURE(series.symbol, series.interval.text());
    std::int64_t expected_ms = 0;
    int price_scale = -1, replayed = 0, closed = 0;
    ComputedBars computed;
    for (const engine::Signal& signal : signals) {
      if (signal.series != series.id || !signal.is_closed()) continue;
      if (price_scale < 0) {
        price_scale = signal.price_scale;
        computed = compute_truth(exchange, series.symbol, series.interval.text(), price_scale, compute_anchor,
                                 folder);
      } else {
        REQUIRE(signal.bar.ts_open_ms == expected_ms);  // none missing, none twice
      }
      expected_ms = series.interval.next_open_ms(signal.bar.ts_open_ms);
      REQUIRE(computed.count(signal.bar.ts_open_ms) == 1);
      require_same(computed[signal.bar.ts_open_ms], signal);
      replayed += signal.is_replayed;
      ++closed;
    }
    REQUIRE(closed >= 8);
    const nlohmann::json& bar = served.at(series.id).at("closed_bar");
    const auto& row = computed.at(bar.at("ts_open_ms").get<std::int64_t>());
    REQUIRE(bar.at("closed") == true);
    require_same(row.at(2), bar.at("average").get<double>());
    for (std::size_t f = 0; f < kFamilies; ++f) {
      require_same(row.at(9 + f), bar.at("equities").at(std::string(kFamilyNames[f])).get<double>());
    }
  }
}

}  // namespace

TEST_CASE("what the daemon serves over a cut connection equals compute on the same bars",
          "[tools][end_to_end]") {
  SECTION("spot, rolling anchor") {
    check_end_to_end(sim::Dialect::binance_spot, "binance_spot", "rolling:1500/100", "rolling:1500/100");
  }
  SECTION("USD-M, rolling anchor that moves on every bar") {
    check_end_to_end(sim::Dialect::binance_usdm, "binance_usdm", "rolling:300/1", "rolling:300/1");
  }
}

}  // namespace lockstep
