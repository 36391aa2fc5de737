#include "tools/journal_command.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>

#include "engine/core/decimal.hpp"
#include "engine/journal/journal.hpp"
#include "engine/journal/lock_file.hpp"
#include "engine/journal/segments.hpp"
#include "replay/journal_replay.hpp"
#include "tools/exit_code.hpp"

namespace lockstep::tools {
namespace {

using namespace engine::journal;
using engine::ConfigError;

struct Options {
  std::string folder;
  bool has_records = false;
  std::string series;
  std::string out;
};

std::string time_text(std::int64_t ms) {
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

/// One record as a line for people.
std::string describe(const RecordView& record, std::vector<std::string>& names) {
  const auto name = [&](std::uint32_t id) { return id < names.size() ? names[id] : std::to_string(id); };
  if (StartRecord start; decode(record.payload, start)) {
    names.clear();
    return fmt::format("start {} at {}, lockstep {}", start.epoch, time_text(start.ts_started_ms),
                       start.version);
  }
  if (SeriesRecord series; decode(record.payload, series)) {
    // An id is as large as it says; a list of names is not made for it.
    if (series.id < (1 << 20)) {
      if (series.id >= names.size()) names.resize(series.id + 1);
      names[series.id] = name_of(series);
    }
    return fmt::format(
        "series {} is {}, {}", series.id, name_of(series),
        series.is_continued ? fmt::format("goes on after {} bars", series.bars) : "begins anew");
  }
  if (NoteRecord note; decode(record.payload, note))
    return fmt::format("{} of {} at bar {}", to_string(note.kind), name(note.series),
                       time_text(note.ts_open_ms));
  EventRecord event;
  if (!decode(record.payload, event)) return to_string(record.type());
  static constexpr const char* kKinds[] = {"listed",      "rejected",     "stream up", "stream down", "bar",
                                           "history bar", "history done", "refused",   "clock"};
  const core::MarketEvent& market = event.event;
  std::string text = fmt::format("{} of {}", kKinds[static_cast<int>(market.kind)], name(market.series));
  if (market.reason != core::Reason::none) text += fmt::format(" ({})", core::to_string(market.reason));
  if (market.kind == core::EventKind::bar || market.kind == core::EventKind::backfill_bar) {
    text +=
        fmt::format("{} {} open {} high {} low {} close {}", market.is_closed != 0 ? "" : " (open)",
                    time_text(market.bar.ts_open_ms), core::decimal_text(market.bar.open, market.price_scale),
                    core::decimal_text(market.bar.high, market.price_scale),
                    core::decimal_text(market.bar.low, market.price_scale),
                    core::decimal_text(market.bar.close, market.price_scale));
  }
  return text + " digest " + event.digest_after.hex();
}

int list(const Options& options) {
  const std::string folder = replay::find_journal_folder(options.folder);
  fmt::print("{:<40} {:>12} {:>14}\n", "segment", "bytes", "first record");
  std::uint64_t bytes = 0;
  for (const SegmentFile& file : list_segments(posix_storage(), folder)) {
    fmt::print("{:<40} {:>12} {:>14}\n", file.name(), file.bytes, file.first_sequence);
    bytes += file.bytes;
  }
  std::map<std::string, std::uint64_t> counts;
  std::vector<std::string> names;
  const JournalEnd end =
      read_journal(posix_storage(), folder, 1, [&](const RecordView& record, const SegmentFile&) {
        ++counts[to_string(record.type())];
        if (options.has_records) fmt::print("{:>10}  {}\n", record.header.sequence, describe(record, names));
        return true;
      });
  fmt::print("\n{} bytes; records {} to {}:", bytes, end.first_sequence, end.next_sequence - 1);
  for (const auto& [name, count] : counts) fmt::print(" {} {}", count, name);
  fmt::print("\n");
  const std::string snapshots = snapshot_folder(std::filesystem::path(folder).parent_path().string());
  if (std::filesystem::is_directory(snapshots)) {
    for (const std::string& name : list_snapshots(posix_storage(), snapshots))
      fmt::print("snapshot {}\n", name);
  }
  if (!end.damage) return kExitFine;
  fmt::print("reading ended: {}\n", end.damage->text());
  return end.damage->is_torn_tail ? kExitFine : kExitData;
}

int check(const Options& options) {
  const std::string folder = replay::find_journal_folder(options.folder);
  std::uint64_t records = 0;
  const std::vector<Damage> damages = check_journal(
      posix_storage(), folder, [&](const RecordView&, const SegmentFile&) { return ++records > 0; });
  bool is_damaged = false;
  for (const Damage& damage : damages) {
    is_damaged |= !damage.is_torn_tail;
    fmt::print("{}  {}\n", damage.is_torn_tail ? "torn tail" : "DAMAGED  ", damage.text());
  }
  const std::string snapshots = snapshot_folder(std::filesystem::path(folder).parent_path().string());
  if (std::filesystem::is_directory(snapshots)) {
    for (const std::string& name : list_snapshots(posix_storage(), snapshots)) {
      Snapshot snapshot;
      std::string problem;
      if (read_snapshot(posix_storage(), snapshots, name, snapshot, problem)) continue;
      is_damaged = true;
      fmt::print("DAMAGED    snapshot {} {}\n", name, problem);
    }
  }
  fmt::print("{} records read, {}\n", records,
             is_damaged        ? "damage found: the next start answers it (docs/journal.md)"
             : damages.empty() ? "nothing wrong"
                               : "a torn tail, which the next start cuts off");
  return is_damaged ? kExitData : kExitFine;
}

/// Bars as CSV that `lockstep compute` reads: of one series to a file, or all, one file each.
int export_bars(const Options& options) {
  replay::ReplayReport report;
  const auto all = replay::read_journal_series(options.folder, report);
  int count = 0;
  for (const replay::JournalSeries& series : all) {
    if (!options.series.empty() && options.series != series.name) continue;
    std::string name = series.name;
    // A symbol is the venue's text, which may hold anything; a file's name may not.
    for (char& c : name) {
      const bool is_plain =
          (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
      if (!is_plain) c = '-';
    }
    const std::string path = fmt::format("{}/{:04}-{}.csv", options.out, count, name);
    std::ofstream out(path);
    out << "ts_ms,open,high,low,close\n";
    for (const BarTicks& bar : series.bars) {
      out << bar.ts_open_ms;
      for (const std::int64_t ticks : {bar.open, bar.high, bar.low, bar.close})
        out << ',' << core::decimal_text(ticks, series.price_scale);
      out << '\n';
    }
    out.close();
    if (!out) {
      std::cerr << "lockstep journal export: " << path << ": cannot be written\n";
      return kExitEnvironment;
    }
    fmt::print("{}: {} bars of {}, digest {}\n", path, series.bars.size(), series.name, series.digest.hex());
    ++count;
  }
  if (count == 0) {
    std::cerr << "lockstep journal export: no series is named \"" << options.series << "\"; there are:";
    for (const replay::JournalSeries& series : all) std::cerr << " \"" << series.name << '"';
    std::cerr << '\n';
    return kExitUsage;
  }
  for (const Mismatch& mismatch : report.mismatches) std::cerr << "DIFFERS  " << mismatch.text() << '\n';
  return report.mismatches.empty() ? kExitFine : kExitCheckFailed;
}

int compact(const Options& options) {
  const std::string folder = replay::find_journal_folder(options.folder);
  const LockFile lock(std::filesystem::path(folder).parent_path().string());
  const int count = compact_journal(posix_storage(), folder, UINT64_MAX);
  fmt::print("{} segments compressed\n", count);
  return kExitFine;
}

void add_verb(CLI::App* parent, const char* name, const char* help, const std::shared_ptr<Options>& options,
              std::function<int()>& run, int (*verb)(const Options&), void (*add)(CLI::App*, Options&)) {
  CLI::App* command = parent->add_subcommand(name, help);
  command->add_option("DIR", options->folder, "Data directory (or its journal folder)")->required();
  if (add != nullptr) add(command, *options);
  command->callback([options, name, &run, verb] {
    run = [options, name, verb] {
      try {
        return verb(*options);
      } catch (const StorageError& error) {
        std::cerr << "lockstep journal " << name << ": " << error.what() << '\n';
        return static_cast<int>(kExitData);
      } catch (const ConfigError& error) {
        std::cerr << "lockstep journal " << name << ": " << error.what() << '\n';
        return static_cast<int>(kExitData);
      }
    };
  });
}

}  // namespace

void add_journal_command(CLI::App& app, std::function<int()>& run) {
  auto options = std::make_shared<Options>();
  CLI::App* journal = app.add_subcommand("journal", "Look into a daemon's journal (docs/journal.md)");
  journal->require_subcommand(1);
  add_verb(journal, "ls", "Segments, counts of records, snapshots", options, run, list,
           [](CLI::App* command, Options& o) {
             command->add_flag("--records", o.has_records, "Every record as a line");
           });
  add_verb(journal, "check", "Read everything and name all damage", options, run, check, nullptr);
  add_verb(journal, "export", "The bars of every series as CSV files", options, run, export_bars,
           [](CLI::App* command, Options& o) {
             command->add_option("--series", o.series, "Only this one: \"venue symbol interval\"");
             command->add_option("-o,--out", o.out, "Folder for the files")
                 ->required()
                 ->check(CLI::ExistingDirectory);
           });
  add_verb(journal, "compact", "Compress all segments of a stopped daemon's journal", options, run, compact,
           nullptr);
}

}  // namespace lockstep::tools
