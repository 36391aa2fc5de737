#include "tools/replay_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <charconv>
#include <iostream>
#include <memory>

#include "engine/config.hpp"
#include "replay/journal_replay.hpp"
#include "replay/recording_replay.hpp"
#include "tools/exit_code.hpp"

namespace lockstep::tools {
namespace {

using replay::ReplayOptions;
using replay::ReplayReport;

struct Options {
  ReplayOptions replay;
  std::string recording;
  std::string speed = "max";
  std::string from, to;
  bool is_json = false;
  bool prints_signals = false;
};

/// "max" is 0; "60x" and "60" are 60. Negative: not a speed.
double parse_speed(const std::string& text) {
  if (text == "max") return 0;
  double speed = -1;
  const char* const end = text.data() + text.size() - (text.ends_with('x') ? 1 : 0);
  const auto [stopped, error] = std::from_chars(text.data(), end, speed);
  return error == std::errc() && stopped == end && speed > 0 && speed <= 1e9 ? speed : -1;
}

/// Milliseconds since 1970, or a UTC time as in the configuration.
bool parse_time(const std::string& text, std::optional<std::int64_t>& out) {
  if (text.empty()) return true;
  std::int64_t ms = 0;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error == std::errc() && stopped == text.data() + text.size()) {
    out = ms;
    return true;
  }
  try {
    const Anchor anchor = engine::parse_anchor(text);
    if (anchor.kind == Anchor::Kind::time) out = anchor.time_ms;
  } catch (const engine::ConfigError&) {
  }
  return out.has_value();
}

std::string rate_text(double per_second) {
  return per_second >= 1e6 ? fmt::format("{:.2f} million", per_second / 1e6)
                           : fmt::format("{:.0f}", per_second);
}

void print_text(const ReplayReport& report) {
  fmt::print("{:<44} {:>10}  {}\n", "series", "bars", "digest");
  for (const auto& series : report.series)
    fmt::print("{:<44} {:>10}  {}\n", series.name, series.bars, series.digest.hex());
  fmt::print("\n{} records of {} starts, {} events, {} closed bars, {} publications in {:.3f} s: {} bars/s\n",
             report.records, report.starts, report.events, report.bars, report.publications, report.seconds,
             rate_text(static_cast<double>(report.bars) / std::max(report.seconds, 1e-9)));
  if (!report.snapshot.empty())
    fmt::print("began from snapshot {}, since the journal's beginning is gone\n", report.snapshot);
  for (const auto& mismatch : report.mismatches) fmt::print("DIFFERS  {}\n", mismatch.text());
  if (report.damage) {
    fmt::print("{}  {}\n", report.damage->is_torn_tail ? "torn tail" : "DAMAGED", report.damage->text());
  }
  fmt::print("{}\n", report.mismatches.empty() ? "every digest is the one that was recorded live"
                                               : "NOT what was recorded live");
}

nlohmann::ordered_json to_json(const ReplayReport& report) {
  nlohmann::ordered_json json;
  json["starts"] = report.starts;
  json["records"] = report.records;
  json["events"] = report.events;
  json["bars"] = report.bars;
  json["seconds"] = report.seconds;
  json["bars_per_s"] = static_cast<double>(report.bars) / std::max(report.seconds, 1e-9);
  json["series"] = nlohmann::ordered_json::array();
  for (const auto& series : report.series)
    json["series"].push_back(
        {{"series", series.name}, {"bars", series.bars}, {"digest", series.digest.hex()}});
  json["mismatches"] = nlohmann::ordered_json::array();
  for (const auto& each : report.mismatches) {
    json["mismatches"].push_back({{"series", each.series},
                                  {"record", each.sequence},
                                  {"ts_open_ms", each.ts_open_ms},
                                  {"recorded", each.recorded.hex()},
                                  {"replayed", each.replayed.hex()}});
  }
  if (report.damage) {
    json["damage"] = {{"file", report.damage->file},
                      {"offset", report.damage->offset},
                      {"record", report.damage->sequence},
                      {"what", report.damage->what},
                      {"torn_tail", report.damage->is_torn_tail}};
  }
  return json;
}

void print_text(const replay::RecordingReport& report) {
  fmt::print("{:<44} {:>10} {:>6} {:>8}  {}\n", "series", "bars", "anew", "refused", "digest");
  for (const auto& series : report.series)
    fmt::print("{:<44} {:>10} {:>6} {:>8}  {}\n", series.name, series.bars, series.anews, series.refused,
               series.digest.hex());
  fmt::print(
      "\n{} frames ({} of no use, {} unreadable) of {} files, {} closed bars in {:.3f} s: {} frames/s\n",
      report.frames, report.frames_unknown, report.frames_bad, report.files, report.bars, report.seconds,
      rate_text(static_cast<double>(report.frames) / std::max(report.seconds, 1e-9)));
  for (const std::string& each : report.differences) fmt::print("DIFFERS  {}\n", each);
  for (const std::string& each : report.problems)
    fmt::print("{}  {}\n", report.is_damaged ? "DAMAGED" : "torn end", each);
  fmt::print("{}, {} of them compared\n",
             report.differences.empty() ? "every digest is the one that was written live"
                                        : "NOT what was written live",
             report.compared);
}

nlohmann::ordered_json to_json(const replay::RecordingReport& report) {
  nlohmann::ordered_json json;
  json["files"] = report.files;
  json["records"] = report.records;
  json["frames"] = report.frames;
  json["frames_unknown"] = report.frames_unknown;
  json["frames_bad"] = report.frames_bad;
  json["bars"] = report.bars;
  json["seconds"] = report.seconds;
  json["frames_per_s"] = static_cast<double>(report.frames) / std::max(report.seconds, 1e-9);
  json["series"] = nlohmann::ordered_json::array();
  for (const auto& series : report.series)
    json["series"].push_back({{"series", series.name},
                              {"bars", series.bars},
                              {"anew", series.anews},
                              {"refused", series.refused},
                              {"digest", series.digest.hex()}});
  json["compared"] = report.compared;
  json["differences"] = report.differences;
  json["problems"] = report.problems;
  return json;
}

int run_recording(const Options& options) {
  const replay::RecordingReport report = replay::replay_recording({options.recording, options.replay.speed});
  if (options.is_json) {
    std::cout << to_json(report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else {
    print_text(report);
  }
  if (!report.differences.empty()) return kExitCheckFailed;
  return report.is_damaged ? kExitData : kExitFine;
}

int run_replay(Options options) {
  const bool has_journal_options = !options.from.empty() || !options.to.empty() || options.prints_signals;
  if (options.recording.empty() == options.replay.journal.empty() ||
      (!options.recording.empty() && has_journal_options)) {
    std::cerr << "lockstep replay: give either --journal DIR, or --recording FILE (without --from, --to and "
                 "--signals)\n";
    return kExitUsage;
  }
  options.replay.speed = parse_speed(options.speed);
  if (options.replay.speed < 0) {
    std::cerr << "lockstep replay: --speed " << options.speed << ": give max, 1x, 60x or the like\n";
    return kExitUsage;
  }
  for (auto [name, text, out] : {std::tuple("--from", &options.from, &options.replay.from_ms),
                                 std::tuple("--to", &options.to, &options.replay.to_ms)}) {
    if (parse_time(*text, *out)) continue;
    std::cerr << "lockstep replay: " << name << ' ' << *text
              << ": give milliseconds since 1970, or a UTC time such as 2024-01-31T12:00:00Z\n";
    return kExitUsage;
  }
  replay::ReplayHooks hooks;
  if (options.prints_signals) {
    hooks.on_signal = [](const engine::journal::SeriesRecord& series, const engine::Signal& signal) {
      if (!signal.is_closed()) return;
      fmt::print("{} {} revision {} average {} direction {} digest {}\n", name_of(series),
                 signal.bar.ts_open_ms, signal.revision, signal.outputs.average, signal.outputs.direction,
                 signal.digest.hex());
    };
  }
  try {
    if (!options.recording.empty()) return run_recording(options);
    const ReplayReport report = replay::replay_journal(options.replay, hooks);
    if (options.is_json) {
      std::cout << to_json(report).dump(2) << '\n';
    } else {
      print_text(report);
    }
    if (!report.mismatches.empty()) return kExitCheckFailed;
    return report.damage && !report.damage->is_torn_tail ? kExitData : kExitFine;
  } catch (const engine::journal::StorageError& error) {
    std::cerr << "lockstep replay: " << error.what() << '\n';
    return kExitData;
  } catch (const engine::ConfigError& error) {
    std::cerr << "lockstep replay: " << error.what() << '\n';
    return kExitData;
  }
}

}  // namespace

void add_replay_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "replay",
      "Give the engine a journal, or the parsers a recording, again, and compare with the live run");
  command->add_option("--journal", options->replay.journal, "Data directory (or its journal folder)");
  command->add_option("--recording", options->recording,
                      "Instead: a file of `lockstep record` (docs/recording.md)");
  command->add_option("--speed", options->speed, "max, or venue seconds a second: 1x, 60x")
      ->capture_default_str();
  command->add_option("--from", options->from, "First venue time to pace and print (UTC, or ms since 1970)");
  command->add_option("--to", options->to, "Last venue time");
  command->add_flag("--signals", options->prints_signals, "A line per publication of a closed bar");
  command->add_flag("--json", options->is_json, "One JSON object instead of the table");
  command->callback([options, &run] { run = [options] { return run_replay(*options); }; });
}

}  // namespace lockstep::tools
