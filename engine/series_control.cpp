#include "engine/series_control.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "feeds/net/escape.hpp"
#include "feeds/symbol_patterns.hpp"

namespace lockstep::engine {
namespace {

SeriesReport refusal(SeriesReport::Trouble trouble, std::string message) {
  SeriesReport report;
  report.trouble = trouble;
  report.message = std::move(message);
  return report;
}

bool has(const std::vector<std::string>& intervals, const core::Interval& interval) {
  return intervals.empty() || std::any_of(intervals.begin(), intervals.end(), [&](const std::string& text) {
           return core::Interval::parse(text) == interval;
         });
}

}  // namespace

SeriesControl::SeriesControl(const Config& config, core::Catalog& catalog, const SeriesPlan& plan,
                             SeriesChanges changes, std::string file, Links links)
    : config_(config),
      catalog_(catalog),
      configured_(plan.configured),
      changes_(std::move(changes)),
      file_(std::move(file)),
      links_(std::move(links)),
      feed_of_(catalog.size()),
      is_removed_(catalog.size()),
      to_begin_(config.feeds.size()) {
  for (std::size_t feed = 0; feed < plan.of_feed.size(); ++feed) {
    for (const core::SeriesId id : plan.of_feed[feed]) feed_of_[id] = feed;
  }
}

void SeriesControl::change(const SeriesRequest& request, const Done& done) {
  if (!feed_for(config_, request.venue, "")) {
    std::string venues;
    for (const std::string& venue : catalog_.venues()) venues += (venues.empty() ? "" : ", ") + venue;
    return done(refusal(SeriesReport::Trouble::venue_unknown,
                        fmt::format("no [[feed]] is of venue '{}'; there are {}",
                                    feeds::net::escape(request.venue), venues)));
  }
  if (request.is_add) return add(request, done);
  SeriesReport report;
  const SeriesChanges before = changes_;
  remove(request, report);
  keep(before, report);
  done(report);
}

void SeriesControl::add(const SeriesRequest& request, const Done& done) {
  SeriesRequest wanted = request;
  const std::size_t feed = *feed_for(config_, request.venue, "");
  if (wanted.intervals.empty()) wanted.intervals = config_.feeds[feed].intervals;
  const feeds::SymbolQuestion question{wanted.symbols, wanted.intervals};
  links_.look_up(feed, question,
                 [this, alive = std::weak_ptr(alive_), wanted, done](const feeds::SymbolAnswer& answer) {
                   if (alive.expired()) return;
                   if (!answer.error.empty())
                     return done(refusal(SeriesReport::Trouble::venue_unavailable,
                                         "the venue's symbol list cannot be read now: " + answer.error));
                   SeriesReport report;
                   const SeriesChanges before = changes_;
                   take(wanted, answer, report);
                   keep(before, report);
                   done(report);
                 });
}

void SeriesControl::take(const SeriesRequest& request, const feeds::SymbolAnswer& answer,
                         SeriesReport& report) {
  for (const feeds::SymbolAnswer::Refused& each : answer.refused)
    report.refused.push_back({each.entry, each.interval, core::to_string(each.reason), each.nearest});
  for (const feeds::SymbolAnswer::Taken& each : answer.taken) {
    const SeriesName name{request.venue, each.symbol, each.interval.text()};
    const auto id = catalog_.find(name.venue, name.symbol, each.interval);
    if (id && is_active(*id)) {
      report.unchanged.push_back(name);
    } else if (begin(name, *feed_for(config_, name.venue, name.interval))) {
      report.changed.push_back(name);
      changes_.removed.erase(name);
      if (!configured_.contains(name)) changes_.added.insert(name);
    } else {
      report.refused.push_back({name.symbol, name.interval, "no_room", ""});
    }
  }
  tell_feeds();
  added_ += report.changed.size();
}

/// False: there is no room for another one.
bool SeriesControl::begin(const SeriesName& name, std::size_t feed) {
  const core::Interval interval = *core::Interval::parse(name.interval);
  auto id = catalog_.find(name.venue, name.symbol, interval);
  if (!id) {
    id = catalog_.add(name.venue, name.symbol, interval);
    if (!id) return false;
    feed_of_.push_back(feed);
    is_removed_.push_back(false);
    links_.begun(catalog_[*id], feed);
  }
  is_removed_[*id] = false;
  to_begin_[feed_of_[*id]].push_back(*id);
  spdlog::info("{} {} {} is added", name.venue, feeds::net::escape(name.symbol), name.interval);
  return true;
}

void SeriesControl::tell_feeds() {
  for (std::size_t feed = 0; feed < to_begin_.size(); ++feed) {
    if (!to_begin_[feed].empty()) links_.add(feed, std::exchange(to_begin_[feed], {}));
  }
}

void SeriesControl::remove(const SeriesRequest& request, SeriesReport& report) {
  std::vector<std::vector<core::SeriesId>> of_feed(config_.feeds.size());
  std::vector<std::string> known;
  for (const core::Series& series : catalog_.series()) {
    if (is_active(series.id) && series.venue == request.venue) known.push_back(series.symbol);
  }
  for (const std::string& entry : request.symbols) {
    bool is_any = false;
    for (const core::Series& series : catalog_.series()) {
      const bool is_meant = series.venue == request.venue && has(request.intervals, series.interval) &&
                            (entry == series.symbol || feeds::matches(entry, series.symbol));
      if (!is_meant || !is_active(series.id)) continue;
      is_any = true;
      is_removed_[series.id] = true;
      of_feed[feed_of_[series.id]].push_back(series.id);
      const SeriesName name{series.venue, series.symbol, series.interval.text()};
      report.changed.push_back(name);
      changes_.added.erase(name);
      changes_.removed.insert(name);
      spdlog::info("{} {} {} is removed", name.venue, feeds::net::escape(name.symbol), name.interval);
    }
    if (!is_any) report.refused.push_back({entry, "", "symbol_unknown", feeds::nearest_symbol(entry, known)});
  }
  for (std::size_t feed = 0; feed < of_feed.size(); ++feed) {
    if (!of_feed[feed].empty()) links_.remove(feed, std::move(of_feed[feed]));
  }
  removed_ += report.changed.size();
}

void SeriesControl::take_new(std::size_t feed, const std::vector<std::string>& symbols) {
  for (const std::string& symbol : symbols) {
    for (const std::string& interval : config_.feeds[feed].intervals) {
      const SeriesName name{config_.feeds[feed].venue, symbol, core::Interval::parse(interval)->text()};
      configured_.insert(name);
      if (changes_.removed.contains(name) ||
          catalog_.find(name.venue, symbol, *core::Interval::parse(interval)))
        continue;
      if (begin(name, feed)) {
        ++added_;
      } else {
        spdlog::error(
            "{} {} {} is listed now, but there is no room for more than {} series before the next start",
            name.venue, feeds::net::escape(symbol), name.interval, catalog_.capacity());
      }
    }
  }
  tell_feeds();
}

/// What was done holds at the next start as well, or the report says that it does not.
void SeriesControl::keep(const SeriesChanges& before, SeriesReport& report) {
  report.is_kept = !file_.empty();
  const bool is_same = before.added == changes_.added && before.removed == changes_.removed;
  if (file_.empty() || is_same) return;
  const int error = save_series_changes(file_, changes_);
  if (error == 0) return;
  report.is_kept = false;
  spdlog::error("{}: {}; what was added and removed is forgotten at the next start", file_,
                std::strerror(error));
}

}  // namespace lockstep::engine
