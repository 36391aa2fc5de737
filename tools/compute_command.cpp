#include "tools/compute_command.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <ostream>
#include <vector>

#include "incremental/anchored_state.hpp"
#include "kernels/batch.hpp"
#include "tools/backend_option.hpp"
#include "tools/bar_plan.hpp"
#include "tools/batch_columns.hpp"
#include "tools/csv/bar_reader.hpp"
#include "tools/csv/byte_source.hpp"
#include "tools/csv/errors.hpp"
#include "tools/csv/file_writer.hpp"
#include "tools/csv/output_writer.hpp"
#include "tools/csv/row_reader.hpp"

namespace lockstep::tools {
namespace {

/// How far a long run is, on a terminal only.
class Progress {
 public:
  Progress(std::ostream& errors, bool rows_go_to_stdout)
      : errors_(errors),
        is_shown_(isatty(2) != 0 && !(rows_go_to_stdout && isatty(1) != 0)),
        next_(Clock::now()) {
    next_ += std::chrono::seconds(1);
  }
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(const char* what, std::int64_t bars, double share) {
    if (!is_shown_ || (bars & 0x3FFF) != 0 || Clock::now() < next_) return;
    next_ = Clock::now() + std::chrono::milliseconds(200);
    errors_ << '\r' << what << ' ' << bars << " bars";
    if (share > 0) errors_ << ", " << static_cast<int>(share * 100) << " %";
    errors_ << "   " << std::flush;
    has_line_ = true;
  }
  void clear() {
    if (has_line_) errors_ << "\r\x1b[K" << std::flush;
    has_line_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::ostream& errors_;
  bool is_shown_;
  bool has_line_ = false;
  Clock::time_point next_;
};

/// Bar by bar, as the rows are read; any other name is a batch backend's.
constexpr std::array<std::string_view, 2> kNoBatch = {"auto", "incremental"};

void warn_about_growth(double growth_max, std::ostream& errors) {
  if (!(growth_max > kGrowthCaution)) return;
  const bool is_warning = growth_max > kGrowthWarning;
  errors << "lockstep compute: " << (is_warning ? "warning" : "caution") << ": growth reached " << growth_max
         << " (above " << (is_warning ? kGrowthWarning : kGrowthCaution)
         << "), later bars weigh too much: reduce lambda, or choose a later or rolling anchor\n";
}

/// One run over the bars.
class Computation {
 public:
  Computation(const ComputeOptions& options, const BarPlan& plan, Progress& progress, std::ostream& errors)
      : options_(options),
        plan_(plan),
        params_(AtcParams::create(plan.config.atc, plan.prices.scale)),
        state_(params_, plan.anchor, plan.interval_ms),
        file_(options.out, options.stdout_fd),
        writer_(file_, plan.prices.scale),
        progress_(progress),
        errors_(errors) {}

  /// The largest growth of any bar.
  double run(ByteSource& bytes) {
    try {
      if (const auto backend = settle_backend(options_.backend, kNoBatch)) {
        compute_batch(bytes, *backend);
      } else {
        compute(bytes);
      }
    } catch (const CommandError& error) {
      if (!file_.is_stdout() || error.code() != kExitData || writer_.rows() == 0) throw;
      writer_.flush();
      throw CommandError(error.code(), std::string(error.what()) + "\nThe rows before it, " +
                                           std::to_string(writer_.rows()) +
                                           ", were written; the output is incomplete");
    }
    writer_.flush();
    file_.finish();
    return growth_max_;
  }

 private:
  void begin() { writer_.header(options_.detail ? &plan_.config.atc : nullptr); }

  void compute(ByteSource& bytes) {
    RowReader rows(bytes, plan_.config.atc.source);
    begin();
    PriceRule rule = plan_.prices;
    rule.ticks_max = params_->price_ticks_max();
    BarReader reader(rows, rule);
    BarTicks bar;
    Outputs outputs;
    for (std::int64_t ts_before_ms = INT64_MIN; reader.next(bar); ts_before_ms = bar.ts_open_ms) {
      require_interval(plan_, rows, ts_before_ms, bar);
      const Status status = state_.commit(bar, outputs);
      if (status != Status::ok) rows.fail(refusal_text(status));
      if (outputs.growth > growth_max_) growth_max_ = outputs.growth;
      write(bar, outputs);
      progress_.update("computed", writer_.rows(), rows.bytes().progress());
    }
    if (writer_.rows() == 0) {
      throw CommandError(kExitData, rows.bytes().name() + ":" + std::to_string(rows.line_number() + 1) +
                                        ": there is no bar after the header");
    }
  }

  /// The whole file at once. A refused bar is known before the first row is written, so nothing is.
  void compute_batch(ByteSource& bytes, Backend backend) {
    BarPlan plan = plan_;
    plan.prices.ticks_max = params_->price_ticks_max();
    const std::vector<BarTicks> bars = read_all_bars(
        bytes, plan, [&](std::int64_t rows) { progress_.update("read", rows, bytes.progress()); });
    BatchColumns columns(*params_, bars, plan.anchor, plan.interval_ms, options_.detail);
    BatchOptions options;
    options.backend = backend;
    options.specialise = options_.specialise;
    std::vector<BatchResult> results(columns.runs());
    for (const BackendFailure& failure : Batch(options).recompute(columns.series(), results).failures) {
      errors_ << "lockstep compute: backend " << to_string(failure.backend)
              << " did not do it: " << failure.reason << "; the next one did, the results are the same\n";
    }
    const BatchResult result = columns.result(results);
    if (result.status != Status::ok) {
      constexpr std::int64_t kFirstLine = 2;  // after the header
      throw CommandError(kExitData, bytes.name() + ":" + std::to_string(result.bars + kFirstLine) + ": " +
                                        refusal_text(result.status));
    }
    begin();
    for (std::int64_t t = 0; t < result.bars; ++t) {
      const Outputs outputs = columns.outputs(t);
      if (outputs.growth > growth_max_) growth_max_ = outputs.growth;
      writer_.begin_row(bars[static_cast<std::size_t>(t)], outputs);
      if (options_.detail) writer_.members(columns.members(t, detail_) ? &detail_ : nullptr);
      writer_.end_row();
    }
  }

  void write(const BarTicks& bar, const Outputs& outputs) {
    writer_.begin_row(bar, outputs);
    if (options_.detail) {
      const bool has_members = state_.state().bars() > 0;
      if (has_members) state_.state().detail(detail_);
      writer_.members(has_members ? &detail_ : nullptr);
    }
    writer_.end_row();
  }

  const ComputeOptions& options_;
  const BarPlan& plan_;
  std::shared_ptr<const AtcParams> params_;
  AnchoredState state_;
  FileWriter file_;
  OutputWriter writer_;
  Progress& progress_;
  std::ostream& errors_;
  Detail detail_;
  double growth_max_ = 0;
};

}  // namespace

int run_compute(const ComputeOptions& options, std::ostream& errors) {
  try {
    (void)settle_backend(options.backend, kNoBatch);
    BarPlan plan = make_bar_plan(options);
    ByteSource bytes(options.bars, options.stdin_fd);
    Progress progress(errors, options.out == "-");
    look_ahead(bytes, plan, [&](std::int64_t rows) { progress.update("looked at", rows, bytes.progress()); });
    const double growth_max = Computation(options, plan, progress, errors).run(bytes);
    progress.clear();
    warn_about_growth(growth_max, errors);
    return kExitFine;
  } catch (const CommandError& error) {
    errors << "lockstep compute: " << error.what() << '\n';
    return error.code();
  } catch (const engine::ConfigError& error) {
    errors << "lockstep compute: " << error.what() << '\n';
    return kExitUsage;
  } catch (const std::bad_alloc&) {
    errors << "lockstep compute: not enough memory\n";
    return kExitEnvironment;
  }
}

void add_compute_command(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<ComputeOptions>();
  CLI::App* command = app.add_subcommand("compute", "Every bar's outputs, from a CSV file of bars");
  command
      ->add_option("BARS", options->bars,
                   "CSV or CSV.gz with a header, at least ts_ms,close; - for standard input")
      ->required();
  add_bar_options(*command, *options);
  command->add_option("--backend", options->backend, "auto, incremental, scalar, avx2, avx512 or cuda");
  command->add_flag("!--no-specialise", options->specialise,
                    "cuda: compile no kernel for this configuration");
  command->add_option("-o,--out", options->out, "output file; - or nothing for standard output");
  command->add_flag("--detail", options->detail, "add average, signal and equity of every member");
  command->callback([options, &run] { run = [options] { return run_compute(*options, std::cerr); }; });
}

}  // namespace lockstep::tools
