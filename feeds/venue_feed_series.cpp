// VenueFeed: series that come and go while it runs, and questions about the venue's list.
#include <algorithm>

#include "feeds/net/escape.hpp"
#include "feeds/symbol_patterns.hpp"
#include "feeds/venue_feed.hpp"

namespace lockstep::feeds {

using core::Reason;
using core::SeriesId;

void VenueFeed::add(const std::vector<SeriesId>& series) {
  outlet_.grow(catalog_.size());
  std::vector<SeriesId> listed;
  for (const SeriesId id : series) {
    if (std::find(series_.begin(), series_.end(), id) != series_.end()) continue;
    series_.push_back(id);
    const core::Series& added = catalog_[id];
    if (is_history_rolled(added)) backfiller_->roll_up(id, *roll_up_from_);
    if (!is_listed_) continue;  // the first list tells it with the others
    if (venue_.has_interval(added.interval)) audit_->add(id);
    const Reason reason = reason_of(added);
    if (reason != Reason::none) {
      outlet_.rejected(id, reason);
      net::log()->error("{}: {} {} is rejected: {}{}", venue_.rules().name, net::escape(added.symbol),
                        added.interval.text(), core::to_string(reason), nearest_to(added));
      continue;
    }
    outlet_.listed(id, known_.find(added.symbol)->second.price_scale);
    listed.push_back(id);
  }
  place(listed);
  backfiller_->wake();
}

/// To the stream that has their topic, then to one with room, then to new ones.
void VenueFeed::place(const std::vector<SeriesId>& listed) {
  std::vector<SeriesId> rest;
  for (const SeriesId id : listed) {
    auto found = std::find_if(streams_.begin(), streams_.end(),
                              [id](const auto& stream) { return stream->has_topic_of(id); });
    if (found == streams_.end()) {
      const auto room = static_cast<std::size_t>(config_.streams_max);
      found = std::find_if(streams_.begin(), streams_.end(),
                           [room](const auto& stream) { return stream->series_count() < room; });
    }
    if (found != streams_.end()) {
      (*found)->add(id);
    } else {
      rest.push_back(id);
    }
  }
  start_streams(rest);
  start_checks(listed);
}

void VenueFeed::remove(const std::vector<SeriesId>& series) {
  outlet_.grow(catalog_.size());
  for (const SeriesId id : series) {
    std::erase(series_, id);
    missing_.erase(id);
    backfiller_->forget(id);
    for (const auto& stream : streams_) stream->forget(id);
    outlet_.rejected(id, Reason::removed);
  }
  std::erase_if(streams_, [](const auto& stream) { return !stream->has_wanted(); });
}

void VenueFeed::look_up(SymbolQuestion question, std::function<void(const SymbolAnswer&)> done) {
  questions_.push_back({std::move(question), std::move(done)});
  if (is_reading_list_) return;
  listing_timer_.cancel();
  ask_listing();
}

void VenueFeed::answer_questions(const std::string& error) {
  for (const Question& question : std::exchange(questions_, {})) {
    SymbolAnswer answered = error.empty() ? answer(question.what) : SymbolAnswer{};
    answered.error = error;
    question.done(answered);
  }
}

SymbolAnswer VenueFeed::answer(const SymbolQuestion& question) const {
  SymbolAnswer all;
  std::set<std::string> seen;
  for (const std::string& entry : question.entries) {
    if (!is_symbol_pattern(entry)) {
      if (seen.insert(entry).second) answer_entry(question, entry, all);
      continue;
    }
    bool is_any = false;
    for (const auto& [symbol, listed] : known_) {
      if (!listed.is_trading || !matches(entry, symbol)) continue;
      is_any = true;
      if (seen.insert(symbol).second) answer_entry(question, symbol, all);
    }
    std::string letters = entry;
    std::erase_if(letters, [](char c) { return c == '*' || c == '?'; });
    if (!is_any) all.refused.push_back({entry, "", Reason::symbol_unknown, nearest_to_name(letters)});
  }
  return all;
}

void VenueFeed::answer_entry(const SymbolQuestion& question, const std::string& symbol,
                             SymbolAnswer& answer) const {
  const Reason reason = reason_of_symbol(symbol);
  if (reason != Reason::none) {
    const std::string nearest = reason == Reason::symbol_unknown ? nearest_to_name(symbol) : "";
    answer.refused.push_back({symbol, "", reason, nearest});
    return;
  }
  for (const std::string& text : question.intervals) {
    const auto interval = core::Interval::parse(text);
    const bool is_known =
        interval && (venue_.has_interval(*interval) ||
                     is_history_rolled({0, venue_index_, config_.venue, symbol, *interval}));
    if (is_known) {
      answer.taken.push_back({symbol, *interval});
    } else {
      answer.refused.push_back({symbol, text, Reason::interval_unknown, ""});
    }
  }
}

/// What the list that was read last says of a symbol.
Reason VenueFeed::reason_of_symbol(std::string_view symbol) const {
  const auto entry = known_.find(symbol);
  if (entry == known_.end()) return Reason::symbol_unknown;
  if (!entry->second.is_trading) return Reason::symbol_not_trading;
  return entry->second.price_scale < 0 ? Reason::record_unusable : Reason::none;
}

/// Of those that trade.
std::string VenueFeed::nearest_to_name(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& [symbol, listed] : known_) {
    if (listed.is_trading) names.push_back(symbol);
  }
  return nearest_symbol(name, names);
}

void VenueFeed::offer_new_symbols() {
  if (!hear_new_ || config_.patterns.empty()) return;
  std::set<std::string_view> ours;
  for (const SeriesId id : series_) ours.insert(catalog_[id].symbol);
  std::vector<std::string> fresh;
  for (const auto& [symbol, listed] : known_) {
    if (!listed.is_trading || listed.price_scale < 0 || ours.contains(symbol) || offered_.contains(symbol))
      continue;
    const bool is_match = std::any_of(config_.patterns.begin(), config_.patterns.end(),
                                      [&](const std::string& pattern) { return matches(pattern, symbol); });
    if (!is_match) continue;
    fresh.push_back(symbol);
    offered_.insert(symbol);
  }
  if (!fresh.empty()) hear_new_(fresh);
}

}  // namespace lockstep::feeds
