#include "feeds/bar_audit.hpp"

#include <algorithm>

#include "engine/core/defence.hpp"
#include "feeds/net/clock.hpp"
#include "feeds/net/escape.hpp"
#include "feeds/net/log.hpp"

namespace lockstep::feeds {
namespace {

using core::MarketEvent;
using core::Reason;
using core::SeriesId;
using std::chrono::milliseconds;

/// The newest bars are left alone: history of some venues is a minute behind.
constexpr std::size_t kLeftAlone = 2;
constexpr std::size_t kComparedMax = 30;
constexpr milliseconds kStepMin{50};

}  // namespace

BarAudit::BarAudit(boost::asio::io_context& io, Settings settings, std::shared_ptr<net::HttpClient> client,
                   RestSource& source, const core::Catalog& catalog, EventOutlet& outlet,
                   const ToldBars& told, std::vector<SeriesId> series)
    : timer_(io),
      confirm_timer_(io),
      settings_(std::move(settings)),
      client_(std::move(client)),
      source_(source),
      catalog_(catalog),
      outlet_(outlet),
      told_(told),
      series_(std::move(series)) {}

void BarAudit::start() {
  if (settings_.every.count() > 0 && !series_.empty()) plan();
}

void BarAudit::add(SeriesId series) {
  if (std::find(series_.begin(), series_.end(), series) != series_.end()) return;
  series_.push_back(series);
  if (series_.size() == 1) start();
}

void BarAudit::stop() {
  is_stopped_ = true;
  timer_.cancel();
  confirm_timer_.cancel();
}

void BarAudit::plan() {
  timer_.expires_after(std::max(kStepMin, settings_.every / static_cast<milliseconds::rep>(series_.size())));
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (error || !self || self->is_stopped_) return;
    self->step();
    self->plan();
  });
}

void BarAudit::step() {
  if (is_asking_ || (settings_.is_busy && settings_.is_busy())) return;
  Range range;
  if (!find_range(series_[next_++ % series_.size()], range)) return;
  suspects_.clear();
  ask(range, false);
}

bool BarAudit::find_range(SeriesId series, Range& range) const {
  const auto& told = told_.of(series);
  if (!outlet_.is_up(series) || outlet_.is_rejected(series) || told.size() <= kLeftAlone) return false;
  const core::Interval& interval = catalog_[series].interval;
  const std::size_t end = told.size() - kLeftAlone;
  range.series = series;
  range.to_ms = told[end - 1].bar.ts_open_ms;
  range.from_ms = told[end - std::min(end, kComparedMax)].bar.ts_open_ms;
  std::int64_t rows = 1;
  for (std::int64_t open_ms = range.from_ms; open_ms < range.to_ms && rows < source_.rows_max(); ++rows) {
    open_ms = interval.next_open_ms(open_ms);
  }
  range.rows = static_cast<int>(rows);
  return true;
}

void BarAudit::ask(const Range& range, bool is_second) {
  is_asking_ = true;
  const core::Series& series = catalog_[range.series];
  const RestSource::Target target = source_.bars_target(series, range.from_ms, range.rows);
  Range asked = range;
  asked.to_ms = std::min(range.to_ms, target.covers_to_ms);
  client_->get(target.path, target.weight,
               [self = shared_from_this(), asked, is_second](net::HttpResult result) {
                 self->is_asking_ = false;
                 std::vector<HistoryRow> rows;
                 // Trouble with the venue is told by those who need the answer.
                 if (!result.error.empty() || self->is_stopped_) return;
                 const core::Interval& interval = self->catalog_[asked.series].interval;
                 if (self->source_.parse_bars(result.body, interval, rows).empty()) {
                   self->compare(asked, is_second, rows);
                 }
               });
}

void BarAudit::compare(const Range& range, bool is_second, std::vector<HistoryRow>& rows) {
  const core::Interval& interval = catalog_[range.series].interval;
  const std::deque<ToldBar> told = told_.of(range.series);  // pushing changes it
  std::map<std::int64_t, const ToldBar*> by_open;
  for (const ToldBar& bar : told) by_open[bar.bar.ts_open_ms] = &bar;
  std::size_t found = 0;
  for (const HistoryRow& row : rows) {
    const std::int64_t open_ms = row.bar.ts_open_ms;
    if (open_ms < range.from_ms || open_ms > range.to_ms) continue;
    const auto at = by_open.find(open_ms);
    MarketEvent event;
    const int scale = at != by_open.end() ? at->second->price_scale : outlet_.price_scale(range.series);
    if (read_bar(row.bar, interval, scale, event) != Reason::none) continue;
    ++counters_.compared;
    found += at != by_open.end() ? 1 : 0;
    if (at != by_open.end() && at->second->bar == event.bar) continue;
    if (is_suspect_again(event.bar, is_second) || !LOCKSTEP_DEFENCE(said_twice)) {
      push(range.series, event, at != by_open.end() ? &at->second->bar : nullptr);
    }
  }
  const auto expected =
      static_cast<std::size_t>(std::count_if(told.begin(), told.end(), [&](const ToldBar& bar) {
        return bar.bar.ts_open_ms >= range.from_ms && bar.bar.ts_open_ms <= range.to_ms;
      }));
  if (is_second && found < expected) counters_.absent += expected - found;
  if (is_second || suspects_.empty()) return;
  is_asking_ = true;  // nobody else meanwhile
  confirm_timer_.expires_after(settings_.confirm);
  confirm_timer_.async_wait([weak = weak_from_this(), range](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!error && self && !self->is_stopped_) self->ask(range, true);
  });
}

/// The venue says of this bar what it said before. The first time it is only noted.
bool BarAudit::is_suspect_again(const BarTicks& bar, bool is_second) {
  if (!is_second) {
    suspects_[bar.ts_open_ms] = bar;
    return false;
  }
  const auto found = suspects_.find(bar.ts_open_ms);
  return found != suspects_.end() && found->second == bar;
}

void BarAudit::push(SeriesId id, const MarketEvent& read, const BarTicks* told) {
  const core::Series& series = catalog_[id];
  ++counters_.different;
  net::log()->warn(
      "{} {} {}: the bar of {} is another one in the venue's history (open, high, low, close in ticks: {} {} "
      "{} {}, "
      "told was {}); it is taken as a revision",
      series.venue, net::escape(series.symbol), series.interval.text(), read.bar.ts_open_ms, read.bar.open,
      read.bar.high, read.bar.low, read.bar.close,
      told == nullptr ? "none" : fmt::format("{} {} {} {}", told->open, told->high, told->low, told->close));
  MarketEvent event = read;
  event.kind = core::EventKind::bar;
  event.series = id;
  event.is_closed = 1;
  event.ts_event_ms = series.interval.next_open_ms(read.bar.ts_open_ms);
  event.ts_recv_ns = net::monotonic_ns();
  outlet_.bar(event);
}

}  // namespace lockstep::feeds
