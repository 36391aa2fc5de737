#include "engine/history_reader.hpp"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <chrono>
#include <utility>

#include "engine/thread_name.hpp"

namespace lockstep::engine {
namespace {

constexpr int kNiceness = 10;
/// A page of the journal may lie this far back; in memory that is some 80 MB for the moment of the answer.
constexpr std::size_t kJournalBarsMax = 2'000'000;

}  // namespace

HistoryReader::HistoryReader(const core::Catalog& catalog, const SeriesSettings& settings,
                             const std::vector<std::unique_ptr<BarLog>>& logs, std::size_t bars_max,
                             HistorySource source)
    : catalog_(catalog),
      settings_(settings),
      logs_(logs),
      bars_max_(bars_max),
      source_(std::move(source)),
      earlier_(catalog.size()),
      has_forgotten_(catalog.size()) {}

void HistoryReader::start() {
  thread_ = std::thread([this] {
    name_thread("history");
    run();
  });
}

void HistoryReader::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    questions_.clear();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void HistoryReader::ask(const HistoryQuery& query, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return;
    questions_.push_back({query, std::move(done)});
  }
  wake_.notify_one();
}

bool HistoryReader::take(Question& question) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return is_stopping_ || !questions_.empty(); });
  if (is_stopping_) return false;
  question = std::move(questions_.front());
  questions_.pop_front();
  return true;
}

void HistoryReader::run() {
  ::setpriority(PRIO_PROCESS, 0, kNiceness);  // of this thread alone, on Linux
  load_earlier();
  for (Question question; take(question);) {
    HistoryPage page;
    try {
      page = answer(question.query);
    } catch (const std::exception& error) {
      spdlog::warn("history: {}", error.what());
      page = {};
      page.problem = "the journal cannot be read; the daemon's log says why";
    }
    question.done(page);
  }
}

void HistoryReader::load_earlier() {
  if (source_.data_dir.empty() || bars_max_ == 0) return;
  const auto begin = std::chrono::steady_clock::now();
  try {
    auto runs = read_journal_bars(catalog_, source_, bars_max_, std::nullopt, is_stopping_, has_forgotten_);
    runs.resize(earlier_.size());
    has_forgotten_.resize(earlier_.size());
    earlier_ = std::move(runs);
  } catch (const std::exception& error) {
    spdlog::warn("history: bars of earlier starts are not shown: {}", error.what());
    return;
  }
  std::size_t bars = 0;
  for (const BarRun& run : earlier_) bars += run.bars.size();
  const auto took = std::chrono::steady_clock::now() - begin;
  spdlog::debug("history: {} bars of earlier starts in {} ms", bars,
                std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
}

BarRun HistoryReader::joined(core::SeriesId series, BarRun earlier) const {
  BarRun run = logs_[series]->read();
  // A series that has begun anew since the start has fetched its past anew too.
  if (!run.is_continued || earlier.bars.empty()) return run;
  if (run.bars.empty()) return earlier;
  const std::int64_t ts_last_ms = earlier.bars.back().ts_open_ms;
  if (run.bars.front().ts_open_ms <= ts_last_ms || run.price_scale != earlier.price_scale) return run;
  earlier.bars.insert(earlier.bars.end(), run.bars.begin(), run.bars.end());
  return earlier;
}

HistoryPage HistoryReader::answer(const HistoryQuery& query) {
  const auto recompute = [&](const BarRun& run) {
    auto params = settings_.params_at(run.price_scale);
    return make_history_page(query, run, std::move(params), settings_.anchor,
                             catalog_[query.series].interval.ms());
  };
  // A series that joined since the start began anew: nothing of earlier ones belongs to it.
  if (query.series >= earlier_.size()) return recompute(logs_[query.series]->read());
  HistoryPage page = recompute(joined(query.series, earlier_[query.series]));
  if (page.rows.size() >= query.limit || !has_forgotten_[query.series]) return page;
  std::vector<bool> has_more;
  auto all = read_journal_bars(catalog_, source_, kJournalBarsMax, query.series, is_stopping_, has_more);
  page = recompute(joined(query.series, std::move(all[query.series])));
  page.has_older = page.has_older || has_more[query.series];
  return page;
}

}  // namespace lockstep::engine
