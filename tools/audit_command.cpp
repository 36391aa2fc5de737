#include "tools/audit_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "engine/audit/series_check.hpp"
#include "engine/config.hpp"
#include "replay/journal_replay.hpp"
#include "tools/exit_code.hpp"
#include "tools/running_audit.hpp"

namespace lockstep::tools {
namespace {

using namespace engine;
using audit::Difference;
using audit::WalkedSeries;

struct Options {
  std::string folder, config;
  bool is_json = false;
};

struct Found {
  std::size_t series = 0, states = 0;
  std::int64_t bars = 0;
  std::vector<Difference> differences;
  std::vector<std::string> notes;
  std::optional<journal::Damage> damage;
};

/// Series whose bars are in memory together.
constexpr std::size_t kSeriesAtOnce = 64;

std::vector<WalkedSeries> walk(audit::JournalWalk& walk,
                               const std::vector<std::pair<std::string, std::uint64_t>>& names,
                               Found& found) {
  std::vector<WalkedSeries> series(names.size());
  std::vector<WalkedSeries*> wanted;
  for (std::size_t i = 0; i < names.size(); ++i) {
    series[i].name = names[i].first;
    series[i].until = names[i].second;
    wanted.push_back(&series[i]);
  }
  walk.run(wanted);
  if (walk.damage()) found.damage = walk.damage();
  return series;
}

void take(const audit::Verdict& verdict, Found& found) {
  found.bars += verdict.bars;
  if (verdict.difference) found.differences.push_back(*verdict.difference);
  if (verdict.backend_difference) found.differences.push_back(*verdict.backend_difference);
}

/// What was recorded, to its end.
void check_records(const std::string& data_dir, const std::vector<std::string>& names,
                   audit::SeriesChecker& checker, Found& found) {
  for (std::size_t at = 0; at < names.size(); at += kSeriesAtOnce) {
    std::vector<std::pair<std::string, std::uint64_t>> some;
    for (std::size_t i = at; i < std::min(at + kSeriesAtOnce, names.size()); ++i)
      some.emplace_back(names[i], UINT64_MAX);
    audit::JournalWalk journal(journal::posix_storage(), data_dir, {});
    for (const WalkedSeries& series : walk(journal, some, found)) {
      found.series += series.is_found;
      take(checker.check(series, nullptr), found);
    }
  }
}

/// The states of the newest snapshot, as if they were held live.
void check_snapshot(const std::string& data_dir, audit::SeriesChecker& checker, Found& found) {
  auto& storage = journal::posix_storage();
  const std::string folder = journal::snapshot_folder(data_dir);
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) return;
  const auto snapshots = journal::list_snapshots(storage, folder);
  if (snapshots.empty()) return;
  journal::Snapshot snapshot;
  std::string problem;
  if (!read_snapshot(storage, folder, snapshots.back(), snapshot, problem)) {
    found.notes.push_back("snapshot " + snapshots.back() + " " + problem);
    return;
  }
  if (snapshot.layout != LiveSeries::layout()) {
    found.notes.push_back("snapshot " + snapshots.back() +
                          " is of another build: its states are not compared");
    return;
  }
  for (std::size_t at = 0; at < snapshot.series.size(); at += kSeriesAtOnce) {
    const auto end = std::min(at + kSeriesAtOnce, snapshot.series.size());
    std::vector<std::pair<std::string, std::uint64_t>> some;
    for (std::size_t i = at; i < end; ++i)
      some.emplace_back(name_of(snapshot.series[i].series), snapshot.series[i].position);
    audit::JournalWalk journal(storage, data_dir, {});
    const auto walked = walk(journal, some, found);
    for (std::size_t i = at; i < end; ++i) {
      const journal::SnapshotSeries& each = snapshot.series[i];
      const WalkedSeries& series = walked[i - at];
      if (!series.is_found || series.entry == nullptr) continue;
      LiveSeries held(core::Series{each.series.id, 0, each.series.venue, each.series.symbol,
                                   *core::Interval::parse(each.series.interval)},
                      series.entry->series);
      if (!held.from_bytes(each.state)) {
        found.notes.push_back("snapshot " + snapshots.back() + ": the state of " + series.name +
                              " cannot be used");
        continue;
      }
      ++found.states;
      take(checker.check(series, &held), found);
    }
  }
}

void print_json(const Found& found) {
  nlohmann::ordered_json json;
  json["series"] = found.series;
  json["snapshot_states"] = found.states;
  json["bars_recomputed"] = found.bars;
  json["differences"] = nlohmann::ordered_json::array();
  for (const Difference& each : found.differences)
    json["differences"].push_back(nlohmann::ordered_json::parse(to_json(each)));
  json["notes"] = found.notes;
  if (found.damage)
    json["damage"] = {{"torn_tail", found.damage->is_torn_tail}, {"what", found.damage->text()}};
  std::cout << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

int audit_folder(const Options& options) {
  try {
    const std::string folder = replay::find_journal_folder(options.folder);
    const std::string data_dir = std::filesystem::path(folder).parent_path().string();
    Found found;
    audit::SeriesChecker checker([] { return true; });
    check_records(data_dir, audit::series_of_last_start(journal::posix_storage(), data_dir), checker, found);
    check_snapshot(data_dir, checker, found);
    if (options.is_json) {
      print_json(found);
    } else {
      fmt::print("{} series and {} states of the newest snapshot, {} bars recomputed by the batch path\n",
                 found.series, found.states, found.bars);
      for (const std::string& note : found.notes) fmt::print("{}\n", note);
      fmt::print("{}\n", found.differences.empty() ? "every bit is the same" : "something DIFFERS");
    }
    for (const Difference& each : found.differences) std::cerr << "lockstep audit: " << to_text(each);
    if (found.damage) std::cerr << "lockstep audit: the journal ends early: " << found.damage->text() << '\n';
    if (!found.differences.empty()) return kExitCheckFailed;
    return found.damage && !found.damage->is_torn_tail ? kExitData : kExitFine;
  } catch (const journal::StorageError& error) {
    std::cerr << "lockstep audit: " << error.what() << '\n';
  } catch (const ConfigError& error) {
    std::cerr << "lockstep audit: " << error.what() << '\n';
  }
  return kExitData;
}

int run_audit(Options options) {
  if (options.folder.empty() == options.config.empty()) {
    std::cerr << "lockstep audit: give a data directory, or --config FILE for the daemon that runs with it\n";
    return kExitUsage;
  }
  if (options.config.empty()) return audit_folder(options);
  try {
    const Config config = load_config(options.config);
    if (const auto exit_code = audit_running_daemon(config, options.is_json, std::cout, std::cerr))
      return *exit_code;
    options.folder = config.engine.data_dir;
  } catch (const ConfigError& error) {
    std::cerr << "lockstep audit: " << error.what() << '\n';
    return kExitUsage;
  }
  return audit_folder(options);
}

}  // namespace

void add_audit_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("audit", "Recompute what a daemon recorded, and compare every bit (docs/audit.md)");
  CLI::Option* folder = command->add_option("DIR", options->folder, "Data directory (or its journal folder)");
  command
      ->add_option(
          "--config", options->config,
          "A daemon's configuration file: the daemon that runs with it makes a pass now; without one its "
          "data directory is read")
      ->excludes(folder);
  command->add_flag("--json", options->is_json, "One JSON object");
  command->callback([options, &run] { run = [options] { return run_audit(*options); }; });
}

}  // namespace lockstep::tools
