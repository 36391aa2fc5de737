// The half of Backfiller that looks for so many bars, however far back they lie.
#include <algorithm>
#include <iterator>
#include <utility>

#include "feeds/backfill.hpp"

namespace lockstep::feeds {
namespace {

using std::chrono::milliseconds;

/// Jobs that hold bars until they have enough of them, at the same time: what they hold is memory.
constexpr int kLookingBackMax = 16;

}  // namespace

std::int64_t bars_before(const core::Interval& interval, std::int64_t now_ms, std::int64_t count) {
  const std::int64_t open_ms = interval.open_of(now_ms);
  if (!interval.is_month()) {
    return count > open_ms / interval.ms() ? 0 : open_ms - count * interval.ms();
  }
  std::int64_t ts_ms = open_ms;
  for (std::int64_t i = 0; i < count && ts_ms > 0; ++i) ts_ms = interval.previous_open_ms(ts_ms);
  return std::max<std::int64_t>(ts_ms, 0);
}

bool Backfiller::may_look_back(const Job& job) const {
  return job.request.bars_before == 0 || job.server_time_ms || looking_back_ < kLookingBackMax;
}

void Backfiller::begin_look_back(Job& job) {
  const core::Interval& interval = catalog_[job.request.series].interval;
  LookBack look;
  look.before_ms = interval.open_of(std::min(job.request.before_ms, *job.server_time_ms));
  look.to_ms = look.before_ms;
  look.from_ms = bars_before(interval, look.to_ms, job.request.bars_before);
  job.cursor_ms = look.from_ms;
  job.look_back = std::move(look);
  ++looking_back_;
}

/// What is wrong with a page of a stretch; empty: nothing.
std::string Backfiller::page_problem(const Job& job, const std::vector<HistoryRow>& rows) const {
  if (!job.look_back) return "";
  // Whoever gives the first bars from a time on has one to give: that which is open, if no other.
  const bool is_range = job.covers_to_ms != std::numeric_limits<std::int64_t>::max();
  if (!is_range) return rows.empty() ? "a page without a row" : "";
  if (job.look_back->found.empty() || job.roll_up) return "";
  const std::int64_t known_ms = job.look_back->found.front().bar.ts_open_ms;
  const bool has_it = std::any_of(rows.begin(), rows.end(),
                                  [&](const HistoryRow& row) { return row.bar.ts_open_ms == known_ms; });
  return has_it || job.covers_to_ms < known_ms ? "" : "a page lacks a bar that the one before it had";
}

/// A page of the present stretch has come.
void Backfiller::take_stretch(Job& job) {
  if (!job.is_last_page) {
    job.is_busy = false;
    return pump();
  }
  LookBack& look = *job.look_back;
  const bool is_first = look.to_ms == look.before_ms;
  const bool is_empty = job.ready.empty();
  look.found.insert(look.found.begin(), job.ready.begin(), job.ready.end());
  job.ready.clear();
  const bool is_enough = static_cast<std::int64_t>(look.found.size()) >= job.request.bars_before;
  if (is_enough || look.from_ms == 0 || (is_empty && !is_first)) return end_look_back(job);
  // As long again as all that has been read.
  const core::Interval& interval = catalog_[job.request.series].interval;
  look.to_ms = look.from_ms;
  look.from_ms = interval.open_of(std::max<std::int64_t>(0, 2 * look.from_ms - look.before_ms));
  job.cursor_ms = look.from_ms;
  job.is_last_page = false;
  if (job.roll_up) job.roll_up->reset();
  job.is_busy = false;
  pump();
}

/// All that is to be given first is there; behind it pages go as always.
void Backfiller::end_look_back(Job& job) {
  if (!job.has_rows) return ask_anew(job);
  LookBack look = *std::exchange(job.look_back, std::nullopt);
  --looking_back_;
  const auto most = static_cast<std::size_t>(job.request.bars_max);
  const bool is_too_much = most > 0 && look.found.size() > most;
  job.ready.assign(is_too_much ? look.found.end() - static_cast<std::ptrdiff_t>(most) : look.found.begin(),
                   look.found.end());
  job.bars_given = static_cast<std::int64_t>(job.ready.size());
  job.cursor_ms = look.found.empty()
                      ? look.before_ms
                      : catalog_[job.request.series].interval.next_open_ms(look.found.back().bar.ts_open_ms);
  if (job.roll_up) job.roll_up->reset();
  job.is_last_page = is_full(job) || !is_page_possible(job);
  push_ready(job);
}

/// Not a single row has come, not even one of the open bar. A symbol that is new and has never traded looks
/// like that, and so does a venue that has lost its history for a while. Neither has anything to be shown.
void Backfiller::ask_anew(Job& job) {
  job.is_last_page = false;
  job.server_time_ms.reset();
  // What is asked for from a known bar on has one, and somebody waits for it.
  const milliseconds most = job.request.from_ms == std::numeric_limits<std::int64_t>::min()
                                ? settings_.empty_wait_max
                                : settings_.backoff_max;
  const milliseconds wait =
      std::min(most, settings_.backoff_base * (std::int64_t{1} << std::min(job.empty_answers++, 20)));
  retry(job, "an answer without a single bar", wait);
}

}  // namespace lockstep::feeds
