// The metrics that are not read from somebody's status, but counted for their own sake.
//
// To add one, ask the daemon's registry for it once, keep the reference, and count:
//
//   metrics::Counter& passes = daemon.metrics().counter(
//       "lockstep_audit_passes_total", "Passes of the self-audit that have ended.");
//   passes.add();
//
//   metrics::Latency::Share& times = daemon.metrics().latency(
//       "lockstep_audit_pass_seconds", "Time that one pass took.").add_share();   // one share for each
//       thread
//   times.observe(ns);
//
// Names: lockstep_, the thing, the unit (seconds, bytes), and _total for counters. Labels have few values,
// known before the start: venue, interval, state, never a symbol. docs/metrics.md lists every family; a test
// compares.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/metrics/latency.hpp"
#include "engine/metrics/text_writer.hpp"

namespace lockstep::engine::metrics {

/// Grows only. Any thread.
class Counter {
 public:
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Any value. Any thread.
class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// Thread-safe. What it gives lives as long as it does; asked for the same name and labels again, it gives
/// the same. Throws std::invalid_argument for a name or label name that Prometheus would not take, a name
/// that is of another type already, and beyond kValuesMax values of one name.
class Registry {
 public:
  static constexpr std::size_t kValuesMax = 1'000;
  using OwnLabels = std::vector<std::pair<std::string, std::string>>;
  using Collector = std::function<void(TextWriter&)>;

  Counter& counter(std::string_view name, std::string_view help, const OwnLabels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const OwnLabels& labels = {});
  Latency& latency(std::string_view name, std::string_view help, const OwnLabels& labels = {});
  /// Called at each write(): for values that somebody else keeps. Writes whole families, of names of its own.
  void on_collect(Collector collector);

  void write(TextWriter& out) const;

 private:
  struct Value {
    OwnLabels labels;
    std::variant<Counter, Gauge, Latency> content;
    template <class Content>
    Value(OwnLabels own, std::in_place_type_t<Content> type) : labels(std::move(own)), content(type) {}
  };
  struct Family {
    std::string name;
    std::string help;
    Type type;
    std::deque<Value> values;
  };
  template <class Content>
  Content& find(std::string_view name, std::string_view help, Type type, const OwnLabels& labels);
  Family& family(std::string_view name, std::string_view help, Type type);

  mutable std::mutex mutex_;
  std::deque<Family> families_;
  std::vector<Collector> collectors_;
};

}  // namespace lockstep::engine::metrics
