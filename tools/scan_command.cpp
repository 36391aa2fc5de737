#include "tools/scan_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>
#include <new>

#include "engine/core/decimal.hpp"
#include "kernels/anchored_runs.hpp"
#include "replay/journal_replay.hpp"
#include "tools/backend_option.hpp"
#include "tools/csv/errors.hpp"

namespace lockstep::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<std::string_view, 1> kAuto = {"auto"};

/// One series, its last run, and what came of its last bar.
struct Candidate {
  std::string name;
  std::shared_ptr<const AtcParams> params;
  std::vector<BarTicks> bars;
  AnchoredRun last_run;
  Outputs outputs;
  BatchResult result;

  /// Every average is defined; before, the signals of few of them would be compared with those of all.
  bool is_warm() const { return result.bars >= params->warmup_bars(); }
};

/// What a row is sorted by; series that are still warming up come last, whichever way it goes.
class Order {
 public:
  explicit Order(const ScanOptions& options)
      : is_ascending_(options.is_ascending), is_by_name_(options.sort == "name") {
    const auto family = std::find(kFamilyNames.begin(), kFamilyNames.end(), options.sort);
    family_ = static_cast<std::size_t>(family - kFamilyNames.begin());
    if (is_by_name_ || options.sort == "average" || family_ < kFamilies) return;
    std::string known = "average, name";
    for (const auto& name : kFamilyNames) known += ", " + std::string(name);
    throw CommandError(kExitUsage, "--sort " + options.sort + ": must be one of " + known);
  }

  bool operator()(const Candidate& a, const Candidate& b) const {
    if (is_by_name_) return is_ascending_ == (a.name < b.name) && a.name != b.name;
    const double left = value(a), right = value(b);
    if (std::isnan(left) || std::isnan(right)) return !std::isnan(left);
    if (left == right) return a.name < b.name;
    return is_ascending_ ? left < right : left > right;
  }

 private:
  double value(const Candidate& one) const {
    if (!one.is_warm()) return kUndefined;
    return family_ < kFamilies ? one.outputs.signal[family_] : one.outputs.average;
  }

  bool is_ascending_, is_by_name_;
  std::size_t family_ = kFamilies;
};

class Scan {
 public:
  Scan(const ScanOptions& options, std::ostream& out, std::ostream& errors)
      : options_(options), order_(options), out_(out), errors_(errors) {}

  int run() {
    batch_options_.backend = settle_backend(options_.backend, kAuto);
    batch_options_.threads = options_.threads;
    if (options_.files.empty() == options_.journal.empty())
      throw CommandError(kExitUsage, "give either files of bars or --journal DIR");
    if (options_.journal.empty()) {
      for (const std::string& file : options_.files) read_file(file);
    } else {
      read_journal();
    }
    recompute();
    std::sort(all_.begin(), all_.end(), order_);
    if (options_.limit > 0 && all_.size() > static_cast<std::size_t>(options_.limit))
      all_.resize(static_cast<std::size_t>(options_.limit));
    options_.is_json ? print_json() : print_table();
    return is_complete_ ? kExitFine : kExitData;
  }

 private:
  /// A file that cannot be used is named, and does not stop the others.
  void read_file(const std::string& file) {
    try {
      BarPlan plan = make_bar_plan(options_.bars);
      ByteSource bytes(file);
      const auto no_progress = [](std::int64_t) {};
      look_ahead(bytes, plan, no_progress);
      Candidate one;
      one.name = file;
      one.params = params_at(plan.config.atc, plan.prices.scale);
      plan.prices.ticks_max = one.params->price_ticks_max();
      one.bars = read_all_bars(bytes, plan, no_progress);
      add(std::move(one), plan.anchor, plan.interval_ms);
    } catch (const CommandError& error) {
      if (error.code() != kExitData && error.code() != kExitEnvironment) throw;
      leave_out(file, error.what());
    }
  }

  void read_journal() {
    replay::ReplayReport report;
    for (auto& series : replay::read_journal_series(options_.journal, report)) {
      const std::int64_t needed = AnchoredState::history_bars(series.anchor);
      const bool is_cut = !report.snapshot.empty();
      if (is_cut && (needed == 0 || static_cast<std::int64_t>(series.bars.size()) < needed)) {
        leave_out(series.name, "the journal no longer holds the bars since its anchor (retention)");
        continue;
      }
      Candidate one;
      one.name = series.name;
      one.params = params_at(series.config, series.price_scale);
      one.bars = std::move(series.bars);
      add(std::move(one), series.anchor, series.interval_ms);
    }
    for (const auto& mismatch : report.mismatches) leave_out("journal", mismatch.text());
    if (report.damage && !report.damage->is_torn_tail) leave_out("journal", report.damage->text());
    if (all_.empty() && is_complete_)
      throw CommandError(kExitData, options_.journal + ": no series in this journal");
  }

  std::shared_ptr<const AtcParams> params_at(const AtcConfig& config, int price_scale) {
    auto& params = params_[static_cast<std::size_t>(price_scale)];
    if (!params) params = AtcParams::create(config, price_scale);
    return params;
  }

  void add(Candidate one, const Anchor& anchor, std::int64_t interval_ms) {
    const std::vector<AnchoredRun> runs = anchored_runs(one.bars, anchor, interval_ms);
    if (runs.empty()) return leave_out(one.name, "every bar lies before the anchor");
    one.last_run = runs.back();
    all_.push_back(std::move(one));
  }

  void leave_out(const std::string& name, const std::string& why) {
    errors_ << "lockstep scan: left out: " << (why.starts_with(name) ? "" : name + ": ") << why << '\n';
    is_complete_ = false;
  }

  /// The last run of each, all at once; only the last bar's outputs are wanted.
  void recompute() {
    std::vector<BatchSeries> series(all_.size());
    std::vector<BatchResult> results(all_.size());
    std::int64_t bars = 0;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      Candidate& one = all_[i];
      const auto first = static_cast<std::size_t>(one.last_run.first);
      series[i].params = one.params.get();
      series[i].bars = std::span<const BarTicks>(one.bars).subspan(first);
      BatchOutputs& wanted = series[i].out;
      wanted.first_bar = series[i].size() - 1;
      wanted.average = &one.outputs.average;
      for (std::size_t f = 0; f < kFamilies; ++f) wanted.signal[f] = &one.outputs.signal[f];
      wanted.growth = &one.outputs.growth;
      wanted.direction = &one.outputs.direction;
      wanted.event = &one.outputs.event;
      bars += series[i].size();
    }
    const auto begin = Clock::now();
    Batch batch(batch_options_);
    const BatchReport report = batch.recompute(series, results);
    const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
    for (const BackendFailure& failure : report.failures)
      errors_ << "lockstep scan: backend " << to_string(failure.backend)
              << " did not do it: " << failure.reason << '\n';
    for (std::size_t i = 0; i < all_.size(); ++i) {
      all_[i].result = results[i];
      if (results[i].status != Status::ok) leave_out(all_[i].name, refusal_text(results[i].status));
    }
    std::erase_if(all_, [](const Candidate& one) { return one.result.status != Status::ok; });
    errors_ << fmt::format("lockstep scan: {} series, {} bars, {} on {} thread{}: {:.1f} ms\n", all_.size(),
                           bars, to_string(report.backend), report.threads, report.threads == 1 ? "" : "s",
                           took.count());
  }

  static const char* direction_text(const Candidate& one) {
    if (!one.is_warm()) return "warming";
    if (one.outputs.direction == 0) return "-";
    return one.outputs.direction > 0 ? "long" : "short";
  }

  static std::string close_text(const Candidate& one) {
    return core::decimal_text(one.bars.back().close, one.params->price_scale());
  }

  void print_table() {
    std::size_t width = 6;
    for (const Candidate& one : all_) width = std::max(width, one.name.size());
    const auto number = [](double value) {
      return std::isnan(value) ? std::string("-") : fmt::format("{:.2f}", value);
    };
    std::string line =
        fmt::format("{:>4}  {:<{}}  {:>8}  {:>7}  {:>4}", "rank", "series", width, "average", "dir", "turn");
    for (const auto& name : kFamilyNames) line += fmt::format("  {:>5}", name);
    out_ << line << fmt::format("  {:>7}  {:>14}  {:>13}\n", "bars", "close", "ts_ms");
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const Candidate& one = all_[i];
      const bool has_turned = one.outputs.event != TradeEvent::none;
      line = fmt::format("{:>4}  {:<{}}  {:>8}  {:>7}  {:>4}", i + 1, one.name, width,
                         std::isnan(one.outputs.average) ? "-" : fmt::format("{:.4f}", one.outputs.average),
                         direction_text(one), has_turned ? "now" : "");
      for (const double signal : one.outputs.signal) line += fmt::format("  {:>5}", number(signal));
      out_ << line
           << fmt::format("  {:>7}  {:>14}  {:>13}\n", one.result.bars, close_text(one),
                          one.bars.back().ts_open_ms);
    }
  }

  void print_json() {
    using Json = nlohmann::ordered_json;
    const auto number = [](double value) { return std::isnan(value) ? Json() : Json(value); };
    Json rows = Json::array();
    for (const Candidate& one : all_) {
      Json row;
      row["series"] = one.name;
      row["ts_ms"] = one.bars.back().ts_open_ms;
      row["close"] = close_text(one);
      row["bars"] = one.result.bars;
      row["warm"] = one.is_warm();
      row["average_signal"] = number(one.outputs.average);
      for (std::size_t f = 0; f < kFamilies; ++f)
        row[std::string(kFamilyNames[f]) + "_signal"] = number(one.outputs.signal[f]);
      row["growth"] = number(one.outputs.growth);
      row["direction"] = one.outputs.direction;
      row["event"] = one.outputs.event == TradeEvent::none    ? ""
                     : one.outputs.event == TradeEvent::long_ ? "long"
                                                              : "short";
      rows.push_back(std::move(row));
    }
    out_ << rows.dump(1) << '\n';
  }

  const ScanOptions& options_;
  Order order_;
  std::ostream& out_;
  std::ostream& errors_;
  BatchOptions batch_options_;
  std::array<std::shared_ptr<const AtcParams>, kPriceScaleMax + 1> params_;
  std::vector<Candidate> all_;
  bool is_complete_ = true;
};

}  // namespace

int run_scan(const ScanOptions& options, std::ostream& out, std::ostream& errors) {
  try {
    return Scan(options, out, errors).run();
  } catch (const CommandError& error) {
    errors << "lockstep scan: " << error.what() << '\n';
    return error.code();
  } catch (const engine::ConfigError& error) {
    errors << "lockstep scan: " << error.what() << '\n';
    return options.journal.empty() ? kExitUsage : kExitData;
  } catch (const engine::journal::StorageError& error) {
    errors << "lockstep scan: " << error.what() << '\n';
    return kExitData;
  } catch (const std::bad_alloc&) {
    errors << "lockstep scan: not enough memory\n";
    return kExitEnvironment;
  }
}

void add_scan_command(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<ScanOptions>();
  CLI::App* command = app.add_subcommand("scan", "Many series at their last closed bar, ranked");
  command->add_option("BARS", options->files, "CSV or CSV.gz files, one series each, as for compute");
  command->add_option("--journal", options->journal, "instead: every series of a daemon's data directory");
  add_bar_options(*command, options->bars);
  command->add_option("--sort", options->sort, "average, name, ema, hma, wma, dema, lsma or kama");
  command->add_flag("--ascending", options->is_ascending, "lowest first");
  command->add_option("--limit", options->limit, "at most so many rows")->check(CLI::PositiveNumber);
  command->add_flag("--json", options->is_json, "an array of objects instead of the table");
  command->add_option("--backend", options->backend, "auto, scalar, avx2, avx512 or cuda");
  command->add_option("--threads", options->threads, "CPU threads; else as many as there are CPUs")
      ->check(CLI::PositiveNumber);
  command->callback(
      [options, &run] { run = [options] { return run_scan(*options, std::cout, std::cerr); }; });
}

}  // namespace lockstep::tools
