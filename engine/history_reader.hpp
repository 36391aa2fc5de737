// Answers questions about the past on a thread of its own, that nothing else waits for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/catalog.hpp"
#include "engine/history_page.hpp"
#include "engine/live_series.hpp"

namespace lockstep::engine {

/// Where the bars of earlier starts of the daemon are.
struct HistorySource {
  std::string data_dir;     ///< empty: there is no journal
  std::uint64_t epoch = 0;  ///< of this start: its records are not read
};

/// Recent bars come from the logs, those of earlier starts from the journal, which is read once in the
/// background after start() and again for pages that lie further back than `bars_max`.
class HistoryReader {
 public:
  /// Called on the reader's thread.
  using Done = std::function<void(const HistoryPage&)>;

  /// Everything given must outlive the reader. `logs` by series.
  HistoryReader(const core::Catalog& catalog, const SeriesSettings& settings,
                const std::vector<std::unique_ptr<BarLog>>& logs, std::size_t bars_max, HistorySource source);
  ~HistoryReader() { stop(); }

  void start();
  /// Questions that have not been answered never are.
  void stop();
  /// Any thread; in the order of the questions.
  void ask(const HistoryQuery& query, Done done);

 private:
  struct Question {
    HistoryQuery query;
    Done done;
  };
  void run();
  bool take(Question& question);
  void load_earlier();
  HistoryPage answer(const HistoryQuery& query);
  /// The log's bars behind those of earlier starts.
  BarRun joined(core::SeriesId series, BarRun earlier) const;

  const core::Catalog& catalog_;
  const SeriesSettings& settings_;
  const std::vector<std::unique_ptr<BarLog>>& logs_;
  const std::size_t bars_max_;
  const HistorySource source_;
  std::vector<BarRun> earlier_;      // by series: the last bars_max_ bars of earlier starts; reader's thread
  std::vector<bool> has_forgotten_;  // by series: there were more

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Question> questions_;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

/// Reads the journal up to the records of start `source.epoch`, and gives the last `bars_max` bars of each
/// series of the catalog, or of `only` alone. `has_more`: there were older ones. Ends early, with whatever it
/// has then, once `is_cancelled`. Throws StorageError, ConfigError.
std::vector<BarRun> read_journal_bars(const core::Catalog& catalog, const HistorySource& source,
                                      std::size_t bars_max, std::optional<core::SeriesId> only,
                                      const std::atomic<bool>& is_cancelled, std::vector<bool>& has_more);

}  // namespace lockstep::engine
