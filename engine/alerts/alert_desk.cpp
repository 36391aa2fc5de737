#include "engine/alerts/alert_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "engine/api/json_writer.hpp"

namespace lockstep::engine::alerts {
namespace {

bool matches(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

bool matches(const AlertRule& rule, const core::Series& series) {
  const auto is_same = [&](const std::string& text) {
    return core::Interval::parse(text) == series.interval;
  };
  const bool has_interval =
      rule.intervals.empty() || std::any_of(rule.intervals.begin(), rule.intervals.end(), is_same);
  return has_interval && matches(rule.venues, series.venue) && matches(rule.symbols, series.symbol);
}

bool wants(const AlertRule& rule, Event event) {
  return rule.on.test(static_cast<std::size_t>(event));
}

std::optional<Event> event_of(SeriesState state) {
  switch (state) {
    case SeriesState::stale:
      return Event::stale;
    case SeriesState::gap:
      return Event::gap;
    case SeriesState::halted:
      return Event::halted;
    case SeriesState::rejected:
      return Event::rejected;
    case SeriesState::retired:
      return Event::retired;
    case SeriesState::live:
      return Event::live;
    case SeriesState::warming:
      break;
  }
  return std::nullopt;
}

}  // namespace

AlertDesk::AlertDesk(const core::Catalog& catalog, std::string epoch, Raise raise)
    : catalog_(catalog), epoch_(std::move(epoch)), raise_(std::move(raise)), series_(catalog.size()) {}

void AlertDesk::use(const AlertsConfig& config) {
  config_ = config;
  memories_.clear();
  for (const core::Series& series : catalog_.series()) find_rules(series);
}

void AlertDesk::add_series(const core::Series& series) {
  series_.resize(series.id + 1);
  find_rules(series);
}

void AlertDesk::find_rules(const core::Series& series) {
  auto& rules = series_[series.id].rules;
  rules.clear();
  for (std::size_t rule = 0; rule < config_.rules.size(); ++rule) {
    if (matches(config_.rules[rule], series)) rules.push_back(rule);
  }
}

void AlertDesk::on_signal(const Signal& signal, const Now& now) {
  Series& series = series_[signal.series];
  // What the bar says first, so that a reader is told in the order in which things happened.
  if (signal.kind != Signal::Kind::state) on_bar(series, signal, now);
  on_state(series, signal, now);
}

void AlertDesk::on_bar(Series& series, const Signal& signal, const Now& now) {
  // A correction of the last bar is compared with the one before it.
  const bool is_again = signal.bar.ts_open_ms <= series.last[0].ts_open_ms;
  const Bar* before = is_again ? &series.last[1] : &series.last[0];
  const bool has_before = before->ts_open_ms != 0 && before->ts_open_ms < signal.bar.ts_open_ms;
  const double average = signal.outputs.average;
  if (!series.rules.empty() && !is_late(signal, now)) {
    for (const std::size_t each : series.rules) {
      const AlertRule& rule = config_.rules[each];
      if (!signal.is_closed() && !rule.open_bars) continue;
      if (signal.outputs.event == TradeEvent::long_ && wants(rule, Event::long_signal))
        try_bar(each, signal, Event::long_signal, std::nan(""), now);
      if (signal.outputs.event == TradeEvent::short_ && wants(rule, Event::short_signal))
        try_bar(each, signal, Event::short_signal, std::nan(""), now);
      if (!has_before) continue;
      // Comparisons with undefined averages are false.
      if (rule.above && before->average <= *rule.above && average > *rule.above)
        try_bar(each, signal, Event::above, *rule.above, now);
      if (rule.below && before->average >= *rule.below && average < *rule.below)
        try_bar(each, signal, Event::below, *rule.below, now);
    }
  }
  if (!signal.is_closed()) return;
  if (!is_again) series.last[1] = series.last[0];
  series.last[0] = {signal.bar.ts_open_ms, average};
  if (series.last[1].ts_open_ms >= signal.bar.ts_open_ms) series.last[1] = {};
}

bool AlertDesk::is_late(const Signal& signal, const Now& now) const {
  if (!signal.is_replayed || config_.late_s == 0) return false;
  const std::int64_t close_ms = signal.bar.ts_open_ms + catalog_[signal.series].interval.ms();
  return now.wall_ms - close_ms > std::int64_t{config_.late_s} * 1'000;
}

void AlertDesk::try_bar(std::size_t rule, const Signal& signal, Event event, double level, const Now& now) {
  // An open bar comes again and again: once for each event is enough.
  std::int64_t& open_bar_ms = memory(rule, signal.series).open_bar_ms[static_cast<std::size_t>(event)];
  if (!signal.is_closed()) {
    if (open_bar_ms == signal.bar.ts_open_ms) return;
    open_bar_ms = signal.bar.ts_open_ms;
  }
  Alert alert = make(signal, event, now);
  alert.level = level;
  // The identity of what it says: a restart that sees the same bar again makes the same id.
  alert.id = alert_id(fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", config_.rules[rule].name,
                                  event_name(event), alert.venue, alert.symbol, alert.interval,
                                  alert.ts_open_ms, alert.revision, alert.is_closed));
  note(rule, std::move(alert), signal.series, now);
}

void AlertDesk::on_state(Series& series, const Signal& signal, const Now& now) {
  const bool has_changed = signal.state != series.state;
  const bool became_invalid = series.was_valid && !signal.is_valid;
  series.state = signal.state;
  series.was_valid = signal.is_valid;
  if (!has_changed && !became_invalid) return;
  const auto raise = [&](std::size_t rule, Event event) {
    if (!wants(config_.rules[rule], event)) return;
    Alert alert = make(signal, event, now);
    alert.id =
        alert_id(fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", config_.rules[rule].name, event_name(event),
                             epoch_, signal.series, signal.sequence, alert.state, signal.ts_published_ns));
    note(rule, std::move(alert), signal.series, now);
  };
  for (const std::size_t rule : series.rules) {
    const auto event = event_of(signal.state);
    if (has_changed && event) raise(rule, *event);
    if (became_invalid) raise(rule, Event::invalid);
  }
}

void AlertDesk::on_audit_difference(core::SeriesId series, std::int64_t ts_open_ms, const std::string& what,
                                    const Now& now) {
  for (const std::size_t rule : series_[series].rules) {
    if (!wants(config_.rules[rule], Event::audit)) continue;
    Signal signal;
    signal.series = series;
    signal.state = series_[series].state;
    signal.bar.ts_open_ms = ts_open_ms;
    Alert alert = make(signal, Event::audit, now);
    alert.detail = what;
    alert.id =
        alert_id(fmt::format("{}\naudit\n{}\n{}\n{}", config_.rules[rule].name, epoch_, series, ts_open_ms));
    note(rule, std::move(alert), series, now);
  }
}

Alert AlertDesk::make(const Signal& signal, Event event, const Now& now) const {
  const core::Series& series = catalog_[signal.series];
  Alert alert;
  alert.event = event;
  alert.venue = series.venue;
  alert.symbol = series.symbol;
  alert.interval = series.interval.text();
  alert.ts_ms = now.wall_ms;
  alert.ts_open_ms = signal.bar.ts_open_ms;
  alert.is_closed = signal.is_closed();
  alert.is_valid = signal.is_valid;
  alert.is_replayed = signal.is_replayed;
  alert.state = to_string(signal.state);
  alert.reason = core::to_string(signal.reason);
  alert.average = signal.outputs.average;
  alert.direction = signal.outputs.direction;
  alert.revision = signal.revision;
  if (signal.bar.ts_open_ms != 0 && event != Event::audit)
    append_decimal(alert.close, signal.bar.close, signal.price_scale);
  return alert;
}

void AlertDesk::note(std::size_t rule, Alert alert, core::SeriesId series, const Now& now) {
  const AlertRule& own = config_.rules[rule];
  Memory& known = memory(rule, series);
  if (now.steady_ns < known.cool_until_ns) {
    ++known.suppressed;
    ++suppressed_;
    return;
  }
  known.cool_until_ns =
      own.cooldown_s == 0 ? 0 : now.steady_ns + std::int64_t{own.cooldown_s} * 1'000'000'000;
  alert.rule = own.name;
  alert.suppressed = std::exchange(known.suppressed, 0);
  raise_(std::move(alert), own.targets);
}

}  // namespace lockstep::engine::alerts
