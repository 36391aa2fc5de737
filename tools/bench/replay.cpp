// A journal through the same shards again, as fast as it goes.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "replay/journal_replay.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/journal_room.hpp"
#include "tools/bench/statistics.hpp"

namespace lockstep::bench {
namespace {

/// One journal, replayed this often.
constexpr int kReplays = 5;

/// Bars a second of CPU time of each replay, every bar computed whole and its digest compared with the
/// journal's.
std::vector<double> replay_rates(const Anchor& anchor, int bars, int minutes) {
  const tools::TemporaryFolder folder = make_journal_folder();
  engine::Config config;
  config.engine.anchor = anchor;
  config.engine.data_dir = folder.path();
  config.engine.data_dir_given = true;
  {
    JournalRoom room(config);
    room.warm_up(bars);
    for (int i = 0; i < minutes; ++i) room.close_minute();
  }
  replay::ReplayOptions options;
  options.journal = folder.path();
  std::vector<double> rates;
  for (int i = 0; i < kReplays; ++i) {
    const replay::ReplayReport report = replay::replay_journal(options);
    if (!report.mismatches.empty()) throw std::runtime_error("bench: " + report.mismatches[0].text());
    rates.push_back(static_cast<double>(report.bars) / report.cpu_seconds);
  }
  return rates;
}

}  // namespace

Json measure_replay(const BenchOptions& options) {
  const int minutes = options.is_quick ? 20 : 2000;
  Json json;
  const std::vector<double> rates = replay_rates({}, 100, minutes);
  json["bars_per_s"] = rounded(median(rates), 0);
  json["bars_per_s_best"] = rounded(*std::max_element(rates.begin(), rates.end()), 0);
  // Beside its own commit, each of its bars lies in runs that rolling anchors begin: five of 500 bars here.
  const Anchor rolling{Anchor::Kind::rolling, 0, 500, 100};
  json["rolling_bars_per_s"] =
      rounded(median(replay_rates(rolling, options.is_quick ? 520 : 900, options.is_quick ? 5 : 100)), 0);
  return json;
}

}  // namespace lockstep::bench
