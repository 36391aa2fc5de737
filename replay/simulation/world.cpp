#include "replay/simulation/world.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <mutex>

#include "engine/journal/recovery.hpp"
#include "feeds/row_flow.hpp"
#include "feeds/venue.hpp"
#include "replay/simulation/virtual_time.hpp"

namespace lockstep::simulation {
namespace {

using engine::Signal;

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kCalmMs = 25 * kMinuteMs;
constexpr std::int64_t kFirstDayMs = 1'704'067'200'000;  // 2024-01-01
constexpr std::size_t kLinesKept = 80;
constexpr std::size_t kViolationsKept = 6;

/// Parameters are the same for every seed: made once.
std::shared_ptr<const AtcParams> params_at(int price_scale) {
  static std::map<int, std::shared_ptr<const AtcParams>> all;
  auto& params = all[price_scale];
  AtcConfig config;
  config.lengths.fill(8);
  config.robustness = Robustness::narrow;
  if (!params && price_scale >= 0 && price_scale <= kPriceScaleMax)
    params = AtcParams::create(config, price_scale);
  return params;
}

class LineSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit LineSink(std::function<void(const std::string&)> tell) : tell_(std::move(tell)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    tell_("  log: " + std::string(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}
  std::function<void(const std::string&)> tell_;
};

std::string clock_text(std::int64_t ms) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%02d:%02d:%02d.%03d", static_cast<int>(ms / 3'600'000),
                static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60),
                static_cast<int>(ms % 1000));
  return text.data();
}

core::Catalog catalog_of(const engine::Config& config) {
  core::Catalog catalog;
  for (const feeds::FeedConfig& feed : config.feeds) {
    for (const std::string& symbol : feed.symbols) {
      for (const std::string& interval : feed.intervals)
        catalog.add(feed.venue, symbol, *core::Interval::parse(interval));
    }
  }
  return catalog;
}

}  // namespace

World::World(const SimulationOptions& options, const std::string& scratch)
    : options_(options),
      random_(options.seed),
      scratch_(scratch),
      config_(draw_config(scratch)),
      settings_(make_settings()),
      faults_(random_),
      venue_(io_, draw_market()),
      network_(io_, random_, faults_, [this](auto transport) { venue_.accept(std::move(transport)); }),
      check_timer_(io_) {
  for (int i = 0; i < venue_.symbols(); ++i) config_.feeds.front().symbols.push_back(venue_.symbol_name(i));
  catalog_ = catalog_of(config_);
  oracle_.emplace(venue_, catalog_, settings_, faults_,
                  Oracle::Deadlines{settings_.late_ms, std::int64_t{1000} * config_.feeds.front().silence_s},
                  config_.journal.fsync == engine::FsyncPolicy::always,
                  [this](const std::string& text) { complain(text); });
  forgive_unnoticed_losses();
  const auto logger = std::make_shared<spdlog::logger>(
      "simulation", std::make_shared<LineSink>([this](const std::string& text) { tell(text); }));
  spdlog::set_default_logger(logger);
  spdlog::set_level(options.trace ? spdlog::level::info : spdlog::level::off);
  faults_.note = [this](const std::string& text) { tell(text); };
}

World::~World() {
  node_.reset();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("none"));
}

/// Where bars have no closed flag, the rows of a venue that has not paused for long prove them.
void World::forgive_unnoticed_losses() {
  const feeds::Venue* const venue = feeds::find_venue(report_.venue);
  if (report_.venue != "kraken_v2" && report_.venue != "coinbase_advanced") return;
  venue_.on_unnoticed(feeds::RowFlow::kPauseMs, [this, venue](int symbol, std::int64_t minute_ms) {
    for (const core::Series& series : catalog_.series()) {
      if (series.symbol != venue_.symbol_name(symbol) || !venue->has_bar_stream(series.interval)) continue;
      tell("nobody can notice that the last word about " + oracle_->name(series.id) + " " +
           std::to_string(minute_ms) + " is lost");
      oracle_->forgive_loss(series.id, minute_ms);
    }
  });
}

engine::Config World::draw_config(const std::string& scratch) {
  const auto& names = sim::dialect_names();
  report_.venue =
      options_.venue.empty() ? (random_.permille(600) ? names.front() : random_.pick(names)) : options_.venue;
  is_binance_ = report_.venue.starts_with("binance");
  engine::Config config;
  config.engine.data_dir = scratch;
  config.engine.data_dir_given = true;
  config.engine.anchor = {Anchor::Kind::rolling, 0, 60, 20};
  config.engine.shards = static_cast<int>(random_.between(1, 2));
  config.engine.poll = engine::PollMode::busy;
  config.engine.queue_events_max = random_.permille(100) ? 64 : 1 << 12;
  config.engine.late_s = static_cast<int>(random_.between(3, 15));
  config.journal.fsync = random_.permille(800)   ? engine::FsyncPolicy::always
                         : random_.permille(500) ? engine::FsyncPolicy::interval
                                                 : engine::FsyncPolicy::never;
  config.journal.segment_bytes = random_.between(16, 256) << 10;
  config.journal.snapshot_s = static_cast<int>(random_.between(60, 3600));
  feeds::FeedConfig feed;
  feed.venue = report_.venue;
  feed.intervals = {report_.venue == "coinbase_advanced" ? "5m" : "1m"};
  if (random_.permille(300)) feed.intervals.push_back("15m");
  feed.silence_s = static_cast<int>(random_.between(70, 120));
  // Where nothing is pushed for a minute without trades, silence is no fault for so long.
  if (!is_binance_) feed.silence_s = 400;
  const std::string host = "127.0.0.1:" + std::to_string(9000 + options_.seed % 1000);
  feed.ws_url = "ws://" + host + (report_.venue == "binance_usdm" ? "/market" : "");
  feed.rest_url = "http://" + host;
  feed.state_dir = scratch;
  config.feeds.push_back(std::move(feed));
  return config;
}

sim::SimConfig World::draw_market() {
  VirtualTime::begin(kFirstDayMs + static_cast<std::int64_t>(options_.seed % 500) * 86'400'000 +
                         random_.between(-5, 5) * kMinuteMs,
                     options_.seed);
  sim::SimConfig market;
  market.seed = options_.seed;
  for (std::size_t i = 0; i < sim::dialect_names().size(); ++i) {
    if (sim::dialect_names()[i] == report_.venue) market.dialect = static_cast<sim::Dialect>(i);
  }
  market.symbols = static_cast<int>(random_.between(1, 3));
  market.updates_per_bar = static_cast<int>(random_.between(1, 4));
  // A rolling anchor of the longest interval wants 80 bars.
  market.history_bars = 15 * 100;
  market.start_ms = kFirstDayMs + static_cast<std::int64_t>(options_.seed % 500) * 86'400'000 +
                    random_.between(0, 1439) * kMinuteMs;
  return market;
}

engine::SeriesSettings World::make_settings() {
  engine::SeriesSettings settings;
  settings.params_at = params_at;
  settings.anchor = config_.engine.anchor;
  settings.late_ms = engine::journal::late_ms(config_);
  return settings;
}

void World::after(std::int64_t delay_ms, std::function<void()> work) {
  auto timer = std::make_shared<boost::asio::steady_timer>(io_, std::chrono::milliseconds(delay_ms));
  timer->async_wait([timer, work = std::move(work)](boost::system::error_code error) {
    if (!error) work();
  });
}

SimulationReport World::run() {
  const auto end_ms = static_cast<std::int64_t>(options_.hours * 3'600'000);
  const std::int64_t calm_ms = std::max<std::int64_t>(end_ms - kCalmMs, end_ms / 2);
  tell("venue " + report_.venue + ", " + std::to_string(catalog_.size()) + " series, fsync " +
       engine::fsync_text(config_.journal));
  start_node();
  check_often();
  plan_fault();
  run_until(calm_ms);
  is_calm_ = true;
  heal();
  run_until(end_ms);
  if (node_) {
    oracle_->check_alive(node_->store());
    compare_at_end();
  } else {
    complain("the daemon does not start any more");
  }
  report_.bars_checked = oracle_->bars_checked();
  return std::move(report_);
}

void World::run_until(std::int64_t end_ms) {
  while (VirtualTime::now_ms() < end_ms) {
    try {
      io_.run_one();
    } catch (const Killed&) {
      const bool is_power_lost = std::exchange(is_power_cut_planned_, false);
      end_node(is_power_lost ? "the power fails at a write boundary" : "killed at a write boundary",
               is_power_lost);
    }
    if (node_ && !node_->failure().empty()) end_node("it ends by itself: " + node_->failure(), false);
  }
}

void World::start_node() {
  if (node_) return;
  ++report_.starts;
  oracle_->new_epoch();
  try {
    node_ = std::make_unique<Node>(io_, disk_, config_, catalog_, settings_, random_,
                                   [this](const Signal& signal) { deliver(signal); });
    node_->set_disk_delay(disk_delay_ms_);
    tell("the daemon has started");
    for (const std::string& finding : node_->findings()) tell("  found: " + finding);
  } catch (const engine::journal::StorageError& error) {
    tell(std::string("the daemon does not start: ") + error.what());
    disk_.process_ended();
    after(random_.between(1'000, 30'000), [this] { start_node(); });
  }
}

void World::end_node(const std::string& why, bool is_power_lost) {
  tell("the daemon ends: " + why);
  ++report_.kills;
  disk_.process_ended();
  node_.reset();
  oracle_->forgive_lies();
  if (is_power_lost) {
    ++report_.power_cuts;
    disk_.lose_power(random_);
  }
  after(random_.skewed(0, is_calm_ ? 10'000 : 1'800'000), [this] { start_node(); });
}

void World::check_often() {
  // Late frames hold our idea of the venue's time back, by as much as they are late.
  if (faults_.frames.late > 0) late_until_ms_ = VirtualTime::now_ms() + 90'000;
  const bool is_late = VirtualTime::now_ms() < late_until_ms_ || faults_.rest == RestTrouble::slow;
  const std::int64_t slack_ms = 6'000 + 4 * grain_ms_ + 2 * disk_delay_ms_ + (is_late ? 40'000 : 0);
  if (node_ && VirtualTime::now_ms() > grace_until_ms_) oracle_->check_freshness(node_->store(), slack_ms);
  check_timer_.expires_after(std::chrono::seconds(1));
  check_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) check_often();
  });
}

void World::deliver(const Signal& signal) {
  ++report_.publications;
  if (signal.revision > 0 && signal.is_closed()) ++report_.revisions;
  mix(static_cast<std::uint64_t>(VirtualTime::now_ms()));
  mix(signal.sequence ^ std::uint64_t{signal.series} << 56 ^ std::uint64_t{signal.revision} << 40);
  mix(static_cast<std::uint64_t>(signal.bar.ts_open_ms) ^ static_cast<std::uint64_t>(signal.state) << 48 ^
      static_cast<std::uint64_t>(signal.reason) << 52 ^ static_cast<std::uint64_t>(signal.kind) << 60);
  mix(static_cast<std::uint64_t>(signal.bar.close));
  if (signal.kind != Signal::Kind::open_bar) {
    std::string line = oracle_->name(signal.series) + " " + engine::to_string(signal.state);
    if (signal.reason != core::Reason::none) line += std::string(" ") + core::to_string(signal.reason);
    if (signal.is_closed()) {
      line += ", bar " + std::to_string(signal.bar.ts_open_ms) + " close " +
              std::to_string(signal.bar.close) + " revision " + std::to_string(signal.revision) +
              (signal.is_replayed ? " replayed" : "");
    }
    tell(line + ", sequence " + std::to_string(signal.sequence));
  }
  oracle_->check(signal);
}

void World::tell(const std::string& text) {
  std::string line = clock_text(VirtualTime::now_ms()) + " " + text;
  if (options_.trace) options_.trace(line);
  if (!report_.violations.empty()) return;
  lines_.push_back(std::move(line));
  if (lines_.size() > kLinesKept) lines_.pop_front();
}

void World::complain(const std::string& text) {
  if (options_.trace) options_.trace(clock_text(VirtualTime::now_ms()) + " VIOLATION " + text);
  if (report_.violations.empty()) report_.last_lines.assign(lines_.begin(), lines_.end());
  if (report_.violations.size() < kViolationsKept)
    report_.violations.push_back(clock_text(VirtualTime::now_ms()) + " " + text);
}

void World::mix(std::uint64_t value) {
  report_.hash = (report_.hash ^ value) * 0x100000001b3u;
  report_.hash ^= report_.hash >> 29;
}

SimulationReport simulate(const SimulationOptions& options) {
  std::string scratch = (std::filesystem::temp_directory_path() / "lockstep-simulate-XXXXXX").string();
  if (mkdtemp(scratch.data()) == nullptr) throw std::runtime_error("cannot make a folder at " + scratch);
  SimulationReport report = World(options, scratch).run();
  std::filesystem::remove_all(scratch);
  return report;
}

}  // namespace lockstep::simulation
