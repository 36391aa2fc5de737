// Rules against publications: what is an alert, and what is not.
#include <cmath>

#include "engine/alerts/alert_desk.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::alerts {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kFirstMs = 1'700'000'040'000;

core::Catalog catalog() {
  core::Catalog catalog;
  catalog.add("binance_spot", "BTCUSDT", *core::Interval::parse("1m"));
  catalog.add("binance_spot", "ETHUSDT", *core::Interval::parse("1h"));
  catalog.add("kraken_v2", "BTC/USD", *core::Interval::parse("1m"));
  return catalog;
}

AlertRule rule(std::initializer_list<Event> on) {
  AlertRule rule;
  rule.name = "r";
  for (const Event event : on) rule.on.set(static_cast<std::size_t>(event));
  return rule;
}

class Rig {
 public:
  explicit Rig(std::vector<AlertRule> rules) : catalog_(catalog()) {
    config_.rules = std::move(rules);
    begin("epoch1");
  }
  void begin(const std::string& epoch) {
    desk_.emplace(catalog_, epoch, [this](Alert alert, const std::vector<std::string>&) {
      raised.push_back(std::move(alert));
    });
    desk_->use(config_);
  }
  AlertDesk& desk() { return *desk_; }
  AlertsConfig& config() { return config_; }

  Signal bar(int number, double average, TradeEvent event = TradeEvent::none, bool is_closed = true) {
    Signal signal;
    signal.kind = is_closed ? Signal::Kind::closed_bar : Signal::Kind::open_bar;
    signal.state = SeriesState::live;
    signal.reason = core::Reason::none;
    signal.is_valid = true;
    signal.price_scale = 2;
    signal.sequence = ++sequence_;
    signal.bar.ts_open_ms = kFirstMs + number * kMinuteMs;
    signal.bar.close = 12'345;
    signal.outputs.average = average;
    signal.outputs.event = event;
    return signal;
  }
  Signal state(SeriesState state, core::Reason reason, bool is_valid = false) {
    Signal signal = bar(0, 0);
    signal.kind = Signal::Kind::state;
    signal.state = state;
    signal.reason = reason;
    signal.is_valid = is_valid;
    return signal;
  }
  void give(const Signal& signal) { desk_->on_signal(signal, now); }
  std::vector<Event> events() const {
    std::vector<Event> out;
    for (const Alert& alert : raised) out.push_back(alert.event);
    return out;
  }

  std::vector<Alert> raised;
  AlertDesk::Now now{kFirstMs + 10 * kMinuteMs, 1'000'000'000};

 private:
  core::Catalog catalog_;
  AlertsConfig config_;
  std::optional<AlertDesk> desk_;
  std::uint64_t sequence_ = 0;
};

TEST_CASE("a closed bar's long is an alert, an open one's is not", "[engine][alerts]") {
  Rig rig({rule({Event::long_signal})});
  rig.give(rig.bar(0, 0.05));
  rig.give(rig.bar(1, 0.2, TradeEvent::long_, false));
  CHECK(rig.raised.empty());
  rig.give(rig.bar(1, 0.2, TradeEvent::long_));
  REQUIRE(rig.events() == std::vector{Event::long_signal});
  const Alert& alert = rig.raised.front();
  CHECK(alert.symbol == "BTCUSDT");
  CHECK(alert.is_closed);
  CHECK(alert.is_valid);
  CHECK(alert.close == "123.45");
  CHECK(alert.ts_open_ms == kFirstMs + kMinuteMs);
  CHECK(alert.id.size() == 32);
}

TEST_CASE("asked for open bars, a rule tells each event once a bar", "[engine][alerts]") {
  AlertRule open = rule({Event::long_signal, Event::short_signal});
  open.open_bars = true;
  Rig rig({open});
  rig.give(rig.bar(0, 0));
  for (int tick = 0; tick < 5; ++tick) {
    rig.give(rig.bar(1, 0.2, TradeEvent::long_, false));
    rig.give(rig.bar(1, -0.2, TradeEvent::short_, false));
  }
  CHECK(rig.events() == std::vector{Event::long_signal, Event::short_signal});
  rig.give(rig.bar(1, 0.2, TradeEvent::long_));
  CHECK(rig.raised.back().is_closed);
  CHECK(rig.raised.size() == 3);
  CHECK(rig.raised[0].id != rig.raised[2].id);
}

TEST_CASE("a level is crossed between two closed bars", "[engine][alerts]") {
  AlertRule levels;
  levels.name = "levels";
  levels.above = 0.5;
  levels.below = -0.5;
  Rig rig({levels});
  rig.give(rig.bar(0, 0.9));  // nothing is known of the bar before it
  rig.give(rig.bar(1, 0.95));
  rig.give(rig.bar(2, 0.5));
  rig.give(rig.bar(3, 0.51));
  rig.give(rig.bar(4, -0.4));
  rig.give(rig.bar(5, -0.6));
  rig.give(rig.bar(6, std::nan("")));
  rig.give(rig.bar(7, 0.9));
  REQUIRE(rig.events() == std::vector{Event::above, Event::below});
  CHECK(rig.raised[0].ts_open_ms == kFirstMs + 3 * kMinuteMs);
  CHECK(rig.raised[0].level == 0.5);
  CHECK(rig.raised[1].ts_open_ms == kFirstMs + 5 * kMinuteMs);
}

TEST_CASE("a corrected bar is compared with the bar before it", "[engine][alerts]") {
  AlertRule level;
  level.name = "level";
  level.above = 0.5;
  Rig rig({level});
  rig.give(rig.bar(0, 0.1));
  rig.give(rig.bar(1, 0.2));
  Signal corrected = rig.bar(1, 0.7);
  corrected.revision = 1;
  rig.give(corrected);
  REQUIRE(rig.events() == std::vector{Event::above});
  CHECK(rig.raised[0].revision == 1);
  rig.give(rig.bar(2, 0.8));
  CHECK(rig.raised.size() == 1);
}

TEST_CASE("P8: a restart that sees the same bar again makes the same id", "[engine][alerts][fault][P8]") {
  Rig rig({rule({Event::long_signal})});
  rig.give(rig.bar(1, 0.2, TradeEvent::long_));
  rig.begin("epoch2");
  Signal again = rig.bar(1, 0.2, TradeEvent::long_);
  again.is_replayed = true;
  again.state = SeriesState::stale;
  again.is_valid = false;
  rig.give(again);
  REQUIRE(rig.raised.size() == 2);
  CHECK(rig.raised[0].id == rig.raised[1].id);
  Signal corrected = again;
  corrected.revision = 1;
  rig.give(corrected);
  REQUIRE(rig.raised.size() == 3);
  CHECK(rig.raised[2].id != rig.raised[0].id);
}

TEST_CASE("old news from history is no alert, missed bars are", "[engine][alerts]") {
  Rig rig({rule({Event::long_signal})});
  rig.config().late_s = 3'600;
  rig.begin("epoch");
  Signal missed = rig.bar(1, 0.2, TradeEvent::long_);
  missed.is_replayed = true;
  rig.give(missed);
  CHECK(rig.raised.size() == 1);
  rig.now.wall_ms += 3 * 3'600'000;
  Signal old = rig.bar(2, 0.2, TradeEvent::long_);
  old.is_replayed = true;
  rig.give(old);
  CHECK(rig.raised.size() == 1);
  rig.give(rig.bar(3, 0.2, TradeEvent::long_));  // live: however late it is
  CHECK(rig.raised.size() == 2);
}

TEST_CASE("states are told when they change, and validity when it ends", "[engine][alerts]") {
  Rig rig({rule({Event::stale, Event::gap, Event::live, Event::invalid})});
  rig.give(rig.state(SeriesState::warming, core::Reason::history_loading));
  rig.give(rig.bar(0, 0));
  rig.give(rig.state(SeriesState::gap, core::Reason::bar_missing));
  rig.give(rig.state(SeriesState::gap, core::Reason::bar_late));
  rig.give(rig.state(SeriesState::stale, core::Reason::disconnected));
  rig.give(rig.bar(1, 0));
  CHECK(rig.events() == std::vector{Event::live, Event::gap, Event::invalid, Event::stale, Event::live});
  CHECK(rig.raised[1].reason == core::to_string(core::Reason::bar_missing));
}

TEST_CASE("a rule's filters choose its series", "[engine][alerts]") {
  AlertRule one = rule({Event::long_signal});
  one.venues = {"binance_spot"};
  one.symbols = {"ETHUSDT"};
  one.intervals = {"60m"};
  Rig rig({one});
  for (core::SeriesId series = 0; series < 3; ++series) {
    Signal signal = rig.bar(1, 0.2, TradeEvent::long_);
    signal.series = series;
    rig.give(signal);
  }
  REQUIRE(rig.raised.size() == 1);
  CHECK(rig.raised[0].symbol == "ETHUSDT");
}

TEST_CASE("within its cool-down a rule is silent for that series, and says how often", "[engine][alerts]") {
  AlertRule cool = rule({Event::long_signal, Event::short_signal});
  cool.cooldown_s = 60;
  Rig rig({cool});
  rig.give(rig.bar(1, 0.2, TradeEvent::long_));
  rig.now.steady_ns += 59'000'000'000;
  rig.give(rig.bar(2, -0.2, TradeEvent::short_));
  Signal other = rig.bar(2, 0.2, TradeEvent::long_);
  other.series = 2;
  rig.give(other);
  CHECK(rig.raised.size() == 2);
  rig.now.steady_ns += 2'000'000'000;
  rig.give(rig.bar(3, 0.2, TradeEvent::long_));
  REQUIRE(rig.raised.size() == 3);
  CHECK(rig.raised[2].suppressed == 1);
  CHECK(rig.desk().suppressed() == 1);
}

TEST_CASE("an audit difference names the bar and what differs", "[engine][alerts]") {
  Rig rig({rule({Event::audit})});
  rig.desk().on_audit_difference(0, kFirstMs, "average: 3fd0 live, 3fd1 recomputed", rig.now);
  REQUIRE(rig.events() == std::vector{Event::audit});
  CHECK(rig.raised[0].ts_open_ms == kFirstMs);
  CHECK(sentence(rig.raised[0]).find("average: 3fd0 live") != std::string::npos);
}

}  // namespace
}  // namespace lockstep::engine::alerts
