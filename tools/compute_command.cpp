#include "tools/compute_command.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <ostream>
#include <stdexcept>

#include "engine/config.hpp"
#include "engine/core/interval.hpp"
#include "incremental/anchored_state.hpp"
#include "tools/csv/bar_reader.hpp"
#include "tools/csv/byte_source.hpp"
#include "tools/csv/errors.hpp"
#include "tools/csv/file_writer.hpp"
#include "tools/csv/output_writer.hpp"
#include "tools/csv/row_reader.hpp"

namespace lockstep::tools {
namespace {

[[noreturn]] void refuse_usage(const std::string& text) {
  throw CommandError(kExitUsage, text);
}

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

/// Everything that is settled before the first bar is computed.
struct Plan {
  engine::Config config;
  Anchor anchor;
  PriceRule prices;
  std::int64_t interval_ms = 1;  // of no effect unless the anchor is rolling
  bool interval_given = false;
};

void check_backend(const std::string& backend) {
  if (backend == "auto" || backend == "incremental") return;
  refuse_usage("--backend " + backend +
               ": there is no such backend in this build; there are: auto, incremental");
}

void settle_prices(const ComputeOptions& options, Plan& plan) {
  if (options.price_scale != -1 && (options.price_scale < 0 || options.price_scale > kPriceScaleMax)) {
    refuse_usage("--price-scale " + std::to_string(options.price_scale) + ": must be 0 to " +
                 std::to_string(kPriceScaleMax));
  }
  const std::string& rounding = options.price_rounding;
  if (!rounding.empty() && rounding != "none" && rounding != "half_even") {
    refuse_usage("--price-rounding " + rounding + ": must be none or half_even");
  }
  plan.prices.scale = options.price_scale != -1 ? options.price_scale : plan.config.price_scale;
  plan.prices.half_even = rounding.empty() ? plan.config.price_rounding_half_even : rounding == "half_even";
  if (plan.prices.half_even && plan.prices.scale < 0) {
    refuse_usage("price_rounding half_even needs the scale to round to: give --price-scale N");
  }
}

void settle_interval(const ComputeOptions& options, Plan& plan) {
  if (options.interval.empty()) return;
  const auto interval = core::Interval::parse(options.interval);
  if (!interval)
    refuse_usage("--interval " + options.interval + ": must be a bar length such as 1m, 4h, 1d or 1M");
  plan.interval_ms = interval->ms();
  plan.interval_given = true;
}

Plan make_plan(const ComputeOptions& options) {
  check_backend(options.backend);
  Plan plan;
  if (!options.config.empty()) plan.config = engine::load_config(options.config);
  // The configuration's own default is the daemon's; here it is the first bar of the file.
  if (plan.config.engine.anchor_given) plan.anchor = plan.config.engine.anchor;
  settle_prices(options, plan);
  settle_interval(options, plan);
  return plan;
}

/// A first pass, when something has to be found out from the file.
void look_ahead(ByteSource& bytes, Plan& plan, Progress& progress) {
  const bool needs_scale = plan.prices.scale < 0;
  const bool needs_interval = plan.anchor.kind == Anchor::Kind::rolling && !plan.interval_given;
  if (!needs_scale && !needs_interval) return;
  if (!bytes.can_rewind()) {
    refuse_usage(bytes.name() + " can be read once only, so " +
                 (needs_scale ? "the price scale cannot be taken from it: give --price-scale N"
                              : "the bar length cannot be taken from it: give --interval, such as 1m"));
  }
  RowReader rows(bytes, plan.config.atc.source);
  const FileScan found = scan(
      rows, needs_scale, [&](std::int64_t bars) { progress.update("looked at", bars, bytes.progress()); });
  bytes.rewind();
  if (needs_scale) {
    plan.prices.scale = found.price_scale;
    plan.prices.scale_line = found.scale_line;
  }
  if (needs_interval && found.step_ms_min > 0) {
    constexpr std::int64_t kShortestMonthMs = 28 * std::int64_t{86'400'000};
    const bool is_month = found.is_monthly && found.step_ms_min >= kShortestMonthMs;
    plan.interval_ms = is_month ? kCalendarMonth : found.step_ms_min;
  }
}

std::string status_text(Status status) {
  switch (status) {
    case Status::growth_not_finite:
      return "the growth exp(lambda/1000 * bars) is no finite number any more: lower lambda, or choose a "
             "later or "
             "rolling anchor";
    case Status::equity_not_finite:
      return "an equity is no finite number any more: lower lambda, or choose a later or rolling anchor";
    default:
      return std::string("the bar is refused: ") + to_string(status);
  }
}

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
  Computation(const ComputeOptions& options, const Plan& plan, Progress& progress)
      : options_(options),
        plan_(plan),
        params_(AtcParams::create(plan.config.atc, plan.prices.scale)),
        state_(params_, plan.anchor, plan.interval_ms),
        file_(options.out, options.stdout_fd),
        writer_(file_, plan.prices.scale),
        progress_(progress) {}

  /// The largest growth of any bar.
  double run(ByteSource& bytes) {
    try {
      RowReader rows(bytes, plan_.config.atc.source);
      writer_.header(options_.detail ? &plan_.config.atc : nullptr);
      compute(rows);
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
  void compute(RowReader& rows) {
    PriceRule rule = plan_.prices;
    rule.ticks_max = params_->price_ticks_max();
    BarReader reader(rows, rule);
    BarTicks bar;
    Outputs outputs;
    for (std::int64_t ts_before_ms = INT64_MIN; reader.next(bar); ts_before_ms = bar.ts_open_ms) {
      if (plan_.interval_given && ts_before_ms != INT64_MIN &&
          bar.ts_open_ms - ts_before_ms < plan_.interval_ms) {
        rows.fail(Column::ts_ms, "less than --interval " + options_.interval + " after the row before");
      }
      const Status status = state_.commit(bar, outputs);
      if (status != Status::ok) rows.fail(status_text(status));
      if (outputs.growth > growth_max_) growth_max_ = outputs.growth;
      write(bar, outputs);
      progress_.update("computed", writer_.rows(), rows.bytes().progress());
    }
    if (writer_.rows() == 0) {
      throw CommandError(kExitData, rows.bytes().name() + ":" + std::to_string(rows.line_number() + 1) +
                                        ": there is no bar after the header");
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
  const Plan& plan_;
  std::shared_ptr<const AtcParams> params_;
  AnchoredState state_;
  FileWriter file_;
  OutputWriter writer_;
  Progress& progress_;
  Detail detail_;
  double growth_max_ = 0;
};

}  // namespace

int run_compute(const ComputeOptions& options, std::ostream& errors) {
  try {
    Plan plan = make_plan(options);
    ByteSource bytes(options.bars, options.stdin_fd);
    Progress progress(errors, options.out == "-");
    look_ahead(bytes, plan, progress);
    const double growth_max = Computation(options, plan, progress).run(bytes);
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
  command->add_option("--config", options->config, "configuration file (docs/configuration.md)");
  command->add_option("--backend", options->backend, "auto or incremental");
  command->add_option("--price-scale", options->price_scale,
                      "decimals of a price, 0 to 18; else taken from the file");
  command->add_option("--price-rounding", options->price_rounding,
                      "none, or half_even: round prices to the scale (for files of binary floats)");
  command->add_option("--interval", options->interval,
                      "bar length for rolling anchors, such as 1m; else the smallest step of the file");
  command->add_option("-o,--out", options->out, "output file; - or nothing for standard output");
  command->add_flag("--detail", options->detail, "add average, signal and equity of every member");
  command->callback([options, &run] { run = [options] { return run_compute(*options, std::cerr); }; });
}

}  // namespace lockstep::tools
