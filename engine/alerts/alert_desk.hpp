// Decides what is an alert: rules against publications.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/alerts/alert.hpp"
#include "engine/config_alerts.hpp"
#include "engine/core/catalog.hpp"
#include "engine/signal.hpp"

namespace lockstep::engine::alerts {

/// One thread. Reads no clock: times are arguments. Memory is bounded by rules x series.
class AlertDesk {
 public:
  using Raise = std::function<void(Alert alert, const std::vector<std::string>& targets)>;
  struct Now {
    std::int64_t wall_ms = 0;
    std::int64_t steady_ns = 0;
  };

  /// `epoch` tells this start from others, in the ids of alerts about states.
  AlertDesk(const core::Catalog& catalog, std::string epoch, Raise raise);

  /// Other rules. Cool-downs begin anew, what is known of the series stays.
  void use(const AlertsConfig& config);
  /// A series of the catalog that came after the start, before its first signal.
  void add_series(const core::Series& series);
  /// In the order in which a series publishes.
  void on_signal(const Signal& signal, const Now& now);
  void on_audit_difference(core::SeriesId series, std::int64_t ts_open_ms, const std::string& what,
                           const Now& now);
  /// Alerts held back by cool-downs.
  std::uint64_t suppressed() const { return suppressed_; }

 private:
  struct Bar {
    std::int64_t ts_open_ms = 0;
    double average = 0;
  };
  /// What is known of a series.
  struct Series {
    SeriesState state = SeriesState::warming;
    bool was_valid = false;
    Bar last[2];  // closed bars, newest first
    std::vector<std::size_t> rules;
  };
  /// Of one rule and series.
  struct Memory {
    std::int64_t cool_until_ns = 0;
    std::uint64_t suppressed = 0;
    std::int64_t open_bar_ms[4] = {};  // the last open bar that each bar event was raised for
  };

  void find_rules(const core::Series& series);
  void on_bar(Series& series, const Signal& signal, const Now& now);
  void on_state(Series& series, const Signal& signal, const Now& now);
  void try_bar(std::size_t rule, const Signal& signal, Event event, double level, const Now& now);
  void note(std::size_t rule, Alert alert, core::SeriesId series, const Now& now);
  Alert make(const Signal& signal, Event event, const Now& now) const;
  bool is_late(const Signal& signal, const Now& now) const;
  Memory& memory(std::size_t rule, core::SeriesId series) {
    return memories_[static_cast<std::uint64_t>(rule) << 32 | series];
  }

  const core::Catalog& catalog_;
  std::string epoch_;
  Raise raise_;
  AlertsConfig config_;
  std::vector<Series> series_;
  std::unordered_map<std::uint64_t, Memory> memories_;
  std::uint64_t suppressed_ = 0;
};

}  // namespace lockstep::engine::alerts
