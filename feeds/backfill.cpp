#include "feeds/backfill.hpp"

#include <algorithm>
#include <limits>

#include "engine/core/defence.hpp"
#include "feeds/net/clock.hpp"
#include "feeds/net/escape.hpp"

namespace lockstep::feeds {
namespace {

using core::EventKind;
using core::MarketEvent;
using core::Reason;
using std::chrono::milliseconds;

constexpr std::int64_t kLastBars = std::numeric_limits<std::int64_t>::min();
constexpr milliseconds kQueueFullWait{5};

bool same_bar(const BarTexts& a, const BarTexts& b) {
  return a.open == b.open && a.high == b.high && a.low == b.low && a.close == b.close;
}

}  // namespace

Backfiller::Backfiller(boost::asio::io_context& io, Settings settings,
                       std::shared_ptr<net::HttpClient> client, RestSource& source,
                       const core::Catalog& catalog, EventOutlet& outlet)
    : io_(io),
      settings_(settings),
      client_(std::move(client)),
      source_(source),
      catalog_(catalog),
      outlet_(outlet) {}

void Backfiller::request(const core::BackfillRequest& request) {
  if (is_stopped_ || request.series >= catalog_.size()) return;
  const std::uint64_t seed = settings_.seed + ++generation_;
  if (const auto before = jobs_.find(request.series); before != jobs_.end() && before->second.look_back)
    --looking_back_;
  // What is in flight for the one before finds its generation gone and is dropped.
  jobs_.insert_or_assign(request.series,
                         Job{.request = request,
                             .generation = generation_,
                             .server_time_ms = {},
                             .look_back = {},
                             .roll_up = {},
                             .ready = {},
                             .backoff = {settings_.backoff_base, settings_.backoff_max, seed}});
  const core::Interval& page = page_interval(request.series);
  const core::Interval& interval = catalog_[request.series].interval;
  if (page != interval) jobs_.at(request.series).roll_up.emplace(page, interval);
  if (std::find(turns_.begin(), turns_.end(), request.series) == turns_.end())
    turns_.push_back(request.series);
  pump();
}

const core::Interval& Backfiller::page_interval(core::SeriesId series) const {
  const auto rolled = settings_.rolled_from.find(series);
  return rolled == settings_.rolled_from.end() ? catalog_[series].interval : rolled->second;
}

void Backfiller::wake() {
  pump();
}

void Backfiller::stop() {
  is_stopped_ = true;
  jobs_.clear();
  looking_back_ = 0;
  turns_.clear();
}

Backfiller::Job* Backfiller::find(core::SeriesId series, std::uint64_t generation) {
  const auto found = jobs_.find(series);
  return found != jobs_.end() && found->second.generation == generation ? &found->second : nullptr;
}

bool Backfiller::can_start(const Job& job) const {
  return !job.is_busy && outlet_.price_scale(job.request.series) >= 0 &&
         !outlet_.is_rejected(job.request.series) && may_look_back(job);
}

void Backfiller::pump() {
  for (std::size_t looked_at = turns_.size(); looked_at > 0 && in_flight_ < settings_.in_flight_max;
       --looked_at) {
    const core::SeriesId series = turns_.front();
    turns_.pop_front();
    const auto found = jobs_.find(series);
    if (found == jobs_.end()) continue;
    turns_.push_back(series);
    if (can_start(found->second)) step(found->second);
  }
}

void Backfiller::step(Job& job) {
  job.is_busy = true;
  ++in_flight_;
  job.server_time_ms ? ask_page(job) : ask_time(job);
}

void Backfiller::ask_time(Job& job) {
  const RestSource::Target target = source_.time_target();
  client_->get(target.path, target.weight,
               [self = shared_from_this(), id = job.request.series,
                generation = job.generation](net::HttpResult result) {
                 --self->in_flight_;
                 Job* job = self->find(id, generation);
                 if (!job) return self->pump();
                 std::int64_t server_time_ms = 0;
                 std::string error = std::move(result.error);
                 if (error.empty()) error = self->source_.parse_time(result.body, server_time_ms);
                 if (!error.empty()) return self->retry(*job, error);
                 job->server_time_ms = server_time_ms;
                 job->server_time_ns = net::monotonic_ns();
                 if (self->clock_ != nullptr)
                   self->clock_->note_told(server_time_ms, result.sent_ns, job->server_time_ns);
                 self->set_first_cursor(*job);
                 self->go_on(*job);
               });
}

void Backfiller::set_first_cursor(Job& job) {
  const core::Interval& interval = catalog_[job.request.series].interval;
  if (job.request.bars_before > 0) return begin_look_back(job);
  if (job.request.from_ms != kLastBars) {
    const std::int64_t from_ms = std::max<std::int64_t>(job.request.from_ms, 0);
    const std::int64_t open_ms = interval.open_of(from_ms);
    job.cursor_ms = open_ms == from_ms ? open_ms : interval.next_open_ms(open_ms);
  } else {
    job.cursor_ms =
        job.request.bars_max > 0 ? bars_before(interval, *job.server_time_ms, job.request.bars_max) : 0;
  }
}

/// To the next page, or to the end.
void Backfiller::go_on(Job& job) {
  job.is_last_page = !is_page_possible(job);
  if (job.is_last_page) return push_ready(job);
  job.is_busy = false;
  pump();
}

/// The bar at the cursor has closed, so the venue may have it.
bool Backfiller::is_page_possible(const Job& job) const {
  return page_interval(job.request.series).next_open_ms(job.cursor_ms) <= *job.server_time_ms;
}

bool Backfiller::is_full(const Job& job) const {
  return job.request.bars_max > 0 && job.bars_given >= job.request.bars_max && !job.look_back;
}

/// As many as there can be, so that a small question has a small weight.
int Backfiller::rows_wanted(const Job& job) const {
  const core::Interval& interval = page_interval(job.request.series);
  if (interval.is_month()) return source_.rows_max();
  // Of what has been read before, a stretch ends with one bar: a good answer has it again.
  std::int64_t to_ms = *job.server_time_ms;
  if (job.look_back)
    to_ms = job.look_back->found.empty() ? job.look_back->to_ms : job.look_back->found.front().bar.ts_open_ms;
  const std::int64_t possible = (to_ms - job.cursor_ms) / interval.ms() + 1;
  return static_cast<int>(std::clamp<std::int64_t>(possible, 1, source_.rows_max()));
}

void Backfiller::ask_page(Job& job) {
  core::Series series = catalog_[job.request.series];
  series.interval = page_interval(job.request.series);
  const RestSource::Target target = source_.bars_target(series, job.cursor_ms, rows_wanted(job));
  job.covers_to_ms = target.covers_to_ms;
  client_->get(target.path, target.weight,
               [self = shared_from_this(), id = job.request.series,
                generation = job.generation](net::HttpResult result) {
                 --self->in_flight_;
                 Job* job = self->find(id, generation);
                 if (!job) return self->pump();
                 if (!result.error.empty()) return self->retry(*job, result.error);
                 self->take_page(*job, result.body);
               });
}

void Backfiller::take_page(Job& job, std::string& body) {
  std::vector<HistoryRow> rows;
  std::string error = source_.parse_bars(body, page_interval(job.request.series), rows);
  if (error.empty()) error = page_problem(job, rows);
  if (error.empty()) error = add_rows(job, rows);
  if (!error.empty()) {
    job.is_last_page = false;
    return retry(job, error);
  }
  job.has_rows |= !rows.empty();
  if (job.has_rows) job.backoff.reset();
  if (job.look_back) return take_stretch(job);
  if (job.is_last_page && !job.has_rows) return ask_anew(job);
  push_ready(job);
}

/// Rows to events: sorted, each once, on or after the cursor, closed. Gives an error text when the page
/// contradicts itself; then nothing of it may be used.
std::string Backfiller::add_rows(Job& job, std::vector<HistoryRow>& rows) {
  const core::Interval& interval = page_interval(job.request.series);
  std::stable_sort(rows.begin(), rows.end(), [](const HistoryRow& a, const HistoryRow& b) {
    return a.bar.ts_open_ms < b.bar.ts_open_ms;
  });
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const bool is_same_time = rows[i].bar.ts_open_ms == rows[i - 1].bar.ts_open_ms;
    if (is_same_time && !same_bar(rows[i].bar, rows[i - 1].bar)) {
      return fmt::format("two different rows for one bar, open time {}", rows[i].bar.ts_open_ms);
    }
  }
  const std::int64_t first_cursor_ms = job.cursor_ms;
  const std::int64_t end_ms = job.look_back ? job.look_back->to_ms : INT64_MAX;
  bool is_cut = false;
  for (const HistoryRow& row : rows) {
    if (row.bar.ts_open_ms < job.cursor_ms) continue;
    if (row.ts_close_ms >= *job.server_time_ms && LOCKSTEP_DEFENCE(open_row)) {
      is_cut = true;  // still open when we asked for the time, and so is all that follows
      break;
    }
    if (is_full(job) || row.bar.ts_open_ms >= end_ms) break;
    if (add_row(job, row.bar)) {
      job.cursor_ms = interval.next_open_ms(row.bar.ts_open_ms);
    } else if (is_time_plausible(row.bar.ts_open_ms)) {
      job.cursor_ms = interval.next_open_ms(interval.open_of(row.bar.ts_open_ms));
    }
  }
  // Where an answer covers a stretch of time, what is not in it does not exist.
  if (!is_cut && job.covers_to_ms >= job.cursor_ms && job.covers_to_ms < *job.server_time_ms) {
    job.cursor_ms = std::min(end_ms, interval.next_open_ms(interval.open_of(job.covers_to_ms)));
  }
  // A page without progress is the end: venues give the first bars at or after the start, over any hole.
  job.is_last_page = is_cut || is_full(job) || job.cursor_ms == first_cursor_ms || job.cursor_ms >= end_ms ||
                     !is_page_possible(job);
  return "";
}

/// A row to the answer: itself, or the bar that it completes.
void Backfiller::give(Job& job, MarketEvent event) {
  if (job.roll_up) {
    const std::optional<RolledBar> rolled = job.roll_up->take(event.bar, event.volume, true);
    if (!rolled || !rolled->is_closed) return;
    event.bar = rolled->bar;
    event.volume = rolled->volume;
  }
  job.ready.push_back(event);
  ++job.bars_given;
}

/// False when the row is of no use; the series has been told.
bool Backfiller::add_row(Job& job, const BarTexts& texts) {
  const core::SeriesId id = job.request.series;
  const core::Series& series = catalog_[id];
  MarketEvent event;
  event.kind = EventKind::backfill_bar;
  event.series = id;
  event.request_id = job.request.request_id;
  event.is_closed = 1;
  event.ts_event_ms = *job.server_time_ms;
  event.ts_recv_ns = net::monotonic_ns();
  Reason reason = read_bar(texts, page_interval(id), outlet_.price_scale(id), event);
  if (reason == Reason::scale_changed) {
    const std::optional<int> scale = scale_needed(texts);
    if (scale) outlet_.change_scale(id, *scale);
    reason = scale ? read_bar(texts, page_interval(id), *scale, event) : Reason::price_refused;
  }
  if (reason == Reason::none) {
    give(job, event);
    return true;
  }
  ++records_refused_;
  outlet_.refused(id, reason, texts.ts_open_ms);
  std::uint64_t skipped = 0;
  if (log_gate_.open(skipped)) {
    net::log()->warn(
        "{} {} {}: history row refused ({}): open time {} open '{}' high '{}' low '{}' close '{}' ({} more "
        "lines like this were held back)",
        series.venue, net::escape(series.symbol), series.interval.text(), core::to_string(reason),
        texts.ts_open_ms, net::escape(texts.open, 40), net::escape(texts.high, 40),
        net::escape(texts.low, 40), net::escape(texts.close, 40), skipped);
  }
  return false;
}

void Backfiller::push_ready(Job& job) {
  while (job.pushed < job.ready.size()) {
    if (!outlet_.push_history(job.ready[job.pushed])) return resume_after(job, kQueueFullWait);
    ++job.pushed;
    ++bars_given_;
  }
  job.ready.clear();
  job.pushed = 0;
  if (job.is_last_page) {
    if (!push_done(job)) return resume_after(job, kQueueFullWait);
    const core::SeriesId done = job.request.series;
    jobs_.erase(done);
  } else {
    job.is_busy = false;
  }
  pump();
}

/// The venue's time when an answer is complete.
std::int64_t Backfiller::time_of_end(const Job& job) const {
  // Without any bar the series takes it for the time up to which there was none.
  if (job.bars_given == 0) return *job.server_time_ms;
  // Refusals and slow pages may have taken minutes since the venue told its time: a bar can be late by now.
  // Telling it may have taken half a minute as well.
  const std::int64_t now_ns = net::monotonic_ns();
  const std::int64_t now_ms = *job.server_time_ms + (now_ns - job.server_time_ns) / 1'000'000;
  return clock_ != nullptr ? std::max(now_ms, clock_->latest_ms(now_ns)) : now_ms;
}

bool Backfiller::push_done(const Job& job) {
  MarketEvent event;
  event.kind = EventKind::backfill_done;
  event.series = job.request.series;
  event.request_id = job.request.request_id;
  event.ts_event_ms = time_of_end(job);
  event.ts_recv_ns = net::monotonic_ns();
  return outlet_.push_history(event);
}

void Backfiller::retry(Job& job, const std::string& why, milliseconds wait) {
  const core::Series& series = catalog_[job.request.series];
  if (job.look_back && job.look_back->found.empty()) {
    // Others may use its place meanwhile.
    job.look_back.reset();
    --looking_back_;
    job.ready.clear();
    job.server_time_ms.reset();
  }
  std::uint64_t skipped = 0;
  if (log_gate_.open(skipped)) {
    net::log()->warn("{} {} {}: history: {}; next attempt in {} ms ({} more lines like this were held back)",
                     series.venue, net::escape(series.symbol), series.interval.text(), why, wait.count(),
                     skipped);
  }
  resume_after(job, wait);
  pump();
}

/// Brings a busy job back: to push what is left, else for its turn at the next request.
void Backfiller::resume_after(Job& job, milliseconds wait) {
  auto timer = std::make_shared<boost::asio::steady_timer>(io_, wait);
  timer->async_wait([self = shared_from_this(), timer, id = job.request.series,
                     generation = job.generation](boost::system::error_code) {
    Job* job = self->find(id, generation);
    if (!job || self->is_stopped_) return;
    if (!job->look_back && (!job->ready.empty() || job->is_last_page)) return self->push_ready(*job);
    job->is_busy = false;
    self->pump();
  });
}

}  // namespace lockstep::feeds
