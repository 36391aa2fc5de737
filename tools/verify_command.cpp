#include "tools/verify_command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <new>

#include "engine/audit/difference.hpp"
#include "kernels/detail/fault.hpp"
#include "replay/journal_replay.hpp"
#include "tools/csv/errors.hpp"
#include "tools/path_run.hpp"

namespace lockstep::tools {
namespace {

PathInput read_input(const std::string& file, const BarOptions& options) {
  BarPlan plan = make_bar_plan(options);
  ByteSource bytes(file);
  const auto no_progress = [](std::int64_t) {};
  look_ahead(bytes, plan, no_progress);
  PathInput input;
  input.params = AtcParams::create(plan.config.atc, plan.prices.scale);
  plan.prices.ticks_max = input.params->price_ticks_max();
  input.bars = read_all_bars(bytes, plan, no_progress);
  input.anchor = plan.anchor;
  input.interval_ms = plan.interval_ms;
  return input;
}

/// The table, line by line as results come.
class Report {
 public:
  /// `json` not null: results go there, and nothing to `out`.
  Report(std::ostream& out, std::size_t file_width, std::size_t path_width, nlohmann::ordered_json* json)
      : out_(out), file_width_(std::max<std::size_t>(file_width, 4)), path_width_(path_width), json_(json) {
    if (json_ != nullptr) return;
    out_ << fmt::format("{:<{}}  {:<{}}  {:>10}  {:>13}  {:>14}\n", "file", file_width_, "path", path_width_,
                        "bars", "bars/s", "differing bits");
  }

  void add(const std::string& file, const std::string& path, const PathRun& run, const Divergence& found,
           const PathInput& input) {
    if (json_ != nullptr) return add_json(file, path, run, found, input);
    const std::string speed =
        run.seconds > 0 ? fmt::format("{:.0f}", static_cast<double>(run.bars_computed) / run.seconds) : "-";
    const std::string verdict = run.failure.empty() ? fmt::format("{}", found.bits) : "not run";
    out_ << fmt::format("{:<{}}  {:<{}}  {:>10}  {:>13}  {:>14}\n", file, file_width_, path, path_width_,
                        run.outputs.size(), speed, verdict)
         << std::flush;
  }

  void end(const std::string& file, const PathRun& expected) {
    if (json_ == nullptr) {
      out_ << fmt::format("{}  digest {}\n", file, expected.digest.hex()) << std::flush;
      return;
    }
    json_->push_back({{"name", file},
                      {"bars", expected.outputs.size()},
                      {"digest", expected.digest.hex()},
                      {"paths", std::exchange(paths_, nlohmann::ordered_json::array())}});
  }

 private:
  void add_json(const std::string& file, const std::string& path, const PathRun& run, const Divergence& found,
                const PathInput& input) {
    nlohmann::ordered_json entry = {{"path", path}, {"bars", run.outputs.size()}};
    if (run.seconds > 0) entry["bars_per_s"] = static_cast<double>(run.bars_computed) / run.seconds;
    entry["differing_bits"] = found.bits;
    if (!run.failure.empty()) entry["failure"] = run.failure;
    if (found.bar >= 0)
      entry["first_difference"] =
          nlohmann::ordered_json::parse(to_json(difference(file, path, found, input)));
    paths_.push_back(std::move(entry));
  }
  static engine::audit::Difference difference(const std::string& file, const std::string& path,
                                              const Divergence& found, const PathInput& input) {
    engine::audit::Difference d;
    d.series = file;
    d.found_in = path;
    d.against = "incremental";
    d.bar = found.bar;
    const auto count = static_cast<std::int64_t>(input.bars.size());
    if (found.bar < count) d.ts_open_ms = input.bars[static_cast<std::size_t>(found.bar)].ts_open_ms;
    d.field = found.field;
    d.expected = found.expected;
    d.actual = found.actual;
    d.price_scale = input.params->price_scale();
    d.inputs = engine::audit::inputs_of(input.bars, std::min(found.bar, count - 1));
    return d;
  }

  std::ostream& out_;
  std::size_t file_width_;
  std::size_t path_width_;
  nlohmann::ordered_json* json_;
  nlohmann::ordered_json paths_ = nlohmann::ordered_json::array();
};

/// Bars in front of the first one that differs, which a message shows with it.
constexpr std::int64_t kBarsShown = 3;

/// `has_lines`: the bars are of a file, one a line behind the header.
void explain(const std::string& name, const std::string& path, const PathInput& input,
             const Divergence& found, bool has_lines, std::ostream& errors) {
  const auto count = static_cast<std::int64_t>(input.bars.size());
  std::string where = fmt::format("after bar {}", found.bar - 1);
  if (found.bar < count) {
    where = fmt::format("bar {} (ts_ms {}", found.bar,
                        input.bars[static_cast<std::size_t>(found.bar)].ts_open_ms);
    where += has_lines ? fmt::format(", line {})", found.bar + 2) : ")";
  }
  errors << fmt::format(
      "lockstep verify: {}: {} differs from incremental first at {}: {} is {:016x}, should be {:016x}\n",
      name, path, where, found.field, found.actual, found.expected);
  for (std::int64_t at = std::max<std::int64_t>(0, found.bar - kBarsShown); at <= found.bar && at < count;
       ++at) {
    const BarTicks& bar = input.bars[static_cast<std::size_t>(at)];
    errors << fmt::format("  bar {}: ts_ms {}, in ticks open {} high {} low {} close {}\n", at,
                          bar.ts_open_ms, bar.open, bar.high, bar.low, bar.close);
  }
}

/// One set of bars through every path. `recorded`: what a journal says came of them. False when some path
/// differs or did not run.
bool verify_bars(const std::string& name, const PathInput& input, const std::vector<Path>& paths,
                 const PathRun* recorded, Report& report, std::ostream& errors) {
  bool is_fine = true;
  PathRun expected;
  const auto check = [&](const std::string& path, const PathRun& run) {
    const Divergence found = run.failure.empty() ? compare(expected, run) : Divergence{};
    report.add(name, path, run, found, input);
    if (!run.failure.empty()) {
      errors << "lockstep verify: " << name << ": " << path << " did not run: " << run.failure << '\n';
    } else if (found.bar >= 0) {
      explain(name, path, input, found, recorded == nullptr, errors);
    }
    is_fine = is_fine && run.failure.empty() && found.bar < 0;
  };
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const PathRun run = paths[i].run(input);
    if (i == 0) expected = run;
    check(paths[i].name, run);
    if (i == 0 && recorded != nullptr) check("journal", *recorded);
  }
  if (expected.status != Status::ok) {
    errors << "lockstep verify: " << name << ": bar " << expected.outputs.size();
    if (recorded == nullptr) errors << " (line " << expected.outputs.size() + 2 << ')';
    errors << ": " << refusal_text(expected.status) << "; compared up to there\n";
  }
  report.end(name, expected);
  return is_fine;
}

/// Every series of a journal: what was recorded live, replayed, against every path from its bars.
bool verify_journal(const std::string& journal, const std::vector<Path>& paths, std::size_t path_width,
                    nlohmann::ordered_json* json, std::ostream& out, std::ostream& errors) {
  replay::ReplayReport replayed;
  const std::vector<replay::JournalSeries> all = replay::read_journal_series(journal, replayed);
  bool is_fine = replayed.mismatches.empty();
  for (const auto& mismatch : replayed.mismatches) {
    errors << "lockstep verify: the journal's digest is not the replayed one: " << mismatch.text() << '\n';
  }
  if (replayed.damage && !replayed.damage->is_torn_tail) {
    throw CommandError(kExitData, replayed.damage->text());
  }
  if (!replayed.snapshot.empty()) {
    throw CommandError(kExitData,
                       journal + ": its beginning is gone (retention), so its bars are not all there; " +
                           "`lockstep replay` checks the digests from snapshot " + replayed.snapshot);
  }
  std::size_t width = 0;
  for (const auto& series : all) width = std::max(width, series.name.size());
  Report report(out, width, path_width, json);
  for (const auto& series : all) {
    const PathInput input{AtcParams::create(series.config, series.price_scale), series.bars, series.anchor,
                          series.interval_ms};
    PathRun recorded;
    recorded.outputs = series.outputs;
    recorded.digest = series.digest;
    is_fine &= verify_bars(series.name, input, paths, &recorded, report, errors);
  }
  if (all.empty()) throw CommandError(kExitData, journal + ": no series in this journal");
  return is_fine;
}

bool verify_files(const VerifyOptions& options, const std::vector<Path>& paths, std::size_t path_width,
                  nlohmann::ordered_json* json, std::ostream& out, std::ostream& errors) {
  std::size_t width = 0;
  for (const std::string& file : options.files) width = std::max(width, file.size());
  Report report(out, width, path_width, json);
  bool is_fine = true;
  for (const std::string& file : options.files) {
    is_fine &= verify_bars(file, read_input(file, options.bars), paths, nullptr, report, errors);
  }
  return is_fine;
}

#ifdef LOCKSTEP_PLANTED_FAULTS
/// BACKEND:BAR:FIELD.
void plant(const std::string& text) {
  if (text.empty()) return;
  const std::size_t first = text.find(':');
  const std::size_t second = text.find(':', first + 1);
  const auto number = [&](std::size_t begin, std::size_t end, auto& value) {
    const char* last = text.data() + end;
    return std::from_chars(text.data() + begin, last, value).ptr == last;
  };
  detail::PlantedFault fault;
  const auto backend = parse_backend(text.substr(0, first));
  if (!backend || second == std::string::npos || !number(first + 1, second, fault.bar) ||
      !number(second + 1, text.size(), fault.field)) {
    throw CommandError(kExitUsage, "--plant " + text + ": must be BACKEND:BAR:FIELD");
  }
  fault.backend = *backend;
  detail::plant_fault(fault);
}
#else
void plant(const std::string&) {}
#endif

}  // namespace

int run_verify(const VerifyOptions& options, std::ostream& out, std::ostream& errors) {
  try {
    plant(options.plant);
    const std::vector<Path> paths = verify_paths();
    std::size_t path_width = 7;  // "journal"
    for (const Path& path : paths) path_width = std::max(path_width, path.name.size());
    if (options.files.empty() == options.journal.empty()) {
      throw CommandError(kExitUsage, "give either files of bars or --journal DIR");
    }
    nlohmann::ordered_json results = nlohmann::ordered_json::array();
    nlohmann::ordered_json* const json = options.is_json ? &results : nullptr;
    const bool is_fine = options.journal.empty()
                             ? verify_files(options, paths, path_width, json, out, errors)
                             : verify_journal(options.journal, paths, path_width, json, out, errors);
    if (options.is_json) {
      const nlohmann::ordered_json whole = {{"same", is_fine}, {"results", results}};
      out << whole.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
      return is_fine ? kExitFine : kExitCheckFailed;
    }
    if (const auto reason = why_not(Backend::cuda)) out << "cuda did not run: " << *reason << '\n';
    out << (is_fine ? "every path gives the same bits\n" : "paths DIFFER\n");
    return is_fine ? kExitFine : kExitCheckFailed;
  } catch (const CommandError& error) {
    errors << "lockstep verify: " << error.what() << '\n';
    return error.code();
  } catch (const engine::ConfigError& error) {
    errors << "lockstep verify: " << error.what() << '\n';
    return options.journal.empty() ? kExitUsage : kExitData;
  } catch (const engine::journal::StorageError& error) {
    errors << "lockstep verify: " << error.what() << '\n';
    return kExitData;
  } catch (const std::bad_alloc&) {
    errors << "lockstep verify: not enough memory\n";
    return kExitEnvironment;
  }
}

void add_verify_command(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<VerifyOptions>();
  CLI::App* command =
      app.add_subcommand("verify", "All paths of this machine over the same bars, compared bit by bit");
  command->add_option("BARS", options->files, "CSV or CSV.gz files, as for compute");
  command->add_option("--journal", options->journal,
                      "instead: a daemon's data directory; what it recorded is one more path");
  add_bar_options(*command, options->bars);
  command->add_flag("--json", options->is_json, "one JSON object instead of the table");
#ifdef LOCKSTEP_PLANTED_FAULTS
  command->add_option("--plant", options->plant)->group("");
#endif
  command->callback(
      [options, &run] { run = [options] { return run_verify(*options, std::cout, std::cerr); }; });
}

}  // namespace lockstep::tools
