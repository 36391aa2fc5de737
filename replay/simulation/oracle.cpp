#include "replay/simulation/oracle.hpp"

#include <algorithm>
#include <cstring>

#include "engine/core/decimal.hpp"
#include "replay/simulation/virtual_time.hpp"

namespace lockstep::simulation {

using engine::SeriesState;
using engine::Signal;

namespace {

/// After its correction has been delivered a lie is still believed for a moment, and the series is rebuilt
/// from history.
constexpr std::int64_t kBeliefMs = 15'000;
/// Where history has to confirm a bar, a series that lives is not valid for a moment at each close.
constexpr std::int64_t kRecoveryMs = 60'000;

std::string bar_text(const BarTicks& bar) {
  return "open " + std::to_string(bar.open) + " high " + std::to_string(bar.high) + " low " +
         std::to_string(bar.low) + " close " + std::to_string(bar.close);
}

}  // namespace

bool Oracle::same_bits(const Outputs& a, const Outputs& b) {
  const auto same = [](double x, double y) { return std::memcmp(&x, &y, sizeof x) == 0; };
  bool is_same = same(a.average, b.average) && same(a.growth, b.growth) && a.direction == b.direction &&
                 a.event == b.event;
  for (std::size_t i = 0; i < a.signal.size(); ++i)
    is_same = is_same && same(a.signal[i], b.signal[i]) && same(a.equity[i], b.equity[i]);
  return is_same;
}

Oracle::Oracle(const sim::LoopVenue& venue, const core::Catalog& catalog,
               const engine::SeriesSettings& settings, VenueFaults& faults, Deadlines deadlines,
               bool is_content_kept, Complain complain)
    : venue_(venue),
      catalog_(catalog),
      settings_(settings),
      faults_(faults),
      deadlines_(deadlines),
      is_content_kept_(is_content_kept),
      complain_(std::move(complain)),
      references_(catalog.size()) {
  for (const core::Series& series : catalog.series()) {
    for (int symbol = 0; symbol < venue.symbols(); ++symbol) {
      if (venue.symbol_name(symbol) == series.symbol) references_[series.id].symbol = symbol;
    }
  }
}

std::string Oracle::name(core::SeriesId id) const {
  return catalog_[id].symbol + " " + catalog_[id].interval.text();
}

void Oracle::begin(Reference& reference, core::SeriesId id, int price_scale) {
  const core::Interval& interval = catalog_[id].interval;
  reference.price_scale = price_scale;
  reference.state.emplace(settings_.params_at(price_scale), settings_.anchor, interval.ms());
  reference.bars.clear();
  // The venue's first bar of a long interval may hold fewer minutes than the interval has.
  reference.next_ms = interval.next_open_ms(interval.open_of(venue_.first_ms()));
}

const TrueBar* Oracle::true_bar(core::SeriesId id, std::int64_t ts_open_ms, int price_scale) {
  Reference& reference = references_[id];
  if (reference.price_scale != price_scale) begin(reference, id, price_scale);
  const core::Interval& interval = catalog_[id].interval;
  for (; reference.next_ms <= ts_open_ms && interval.next_open_ms(reference.next_ms) <= venue_.now_ms();
       reference.next_ms = interval.next_open_ms(reference.next_ms)) {
    const auto text = venue_.truth(reference.symbol, interval.text(), reference.next_ms);
    if (!text) continue;
    TrueBar bar;
    bar.bar.ts_open_ms = reference.next_ms;
    const auto ticks = [&](const std::string& price, std::int64_t& out) {
      if (core::parse_decimal(price, price_scale, out) != core::DecimalStatus::ok)
        complain_("the truth of " + name(id) + " has a price '" + price + "' beyond the scale " +
                  std::to_string(price_scale));
    };
    ticks(text->open, bar.bar.open);
    ticks(text->high, bar.bar.high);
    ticks(text->low, bar.bar.low);
    ticks(text->close, bar.bar.close);
    reference.state->commit(bar.bar, bar.outputs);
    bar.ts_anchor_ms = reference.state->ts_anchor_ms();
    reference.bars.emplace(reference.next_ms, bar);
  }
  const auto found = reference.bars.find(ts_open_ms);
  return found == reference.bars.end() ? nullptr : &found->second;
}

std::int64_t Oracle::newest_ms(core::SeriesId id) const {
  const core::Interval& interval = catalog_[id].interval;
  return interval.previous_open_ms(interval.open_of(venue_.now_ms()));
}

void Oracle::complain(const Signal& signal, const std::string& what) {
  complain_(name(signal.series) + " bar " + std::to_string(signal.bar.ts_open_ms) + " revision " +
            std::to_string(signal.revision) + " sequence " + std::to_string(signal.sequence) + ": " + what);
}

bool Oracle::is_lied_to(core::SeriesId id, std::int64_t ts_open_ms) const {
  const std::int64_t memory_ms = AnchoredState::history_bars(settings_.anchor) * catalog_[id].interval.ms();
  const bool is_forgiven = std::any_of(forgiven_.begin(), forgiven_.end(), [&](const auto& each) {
    return each.first == id && ts_open_ms >= each.second && ts_open_ms <= each.second + 2 * memory_ms;
  });
  if (is_forgiven) return true;
  return std::any_of(faults_.lies.begin(), faults_.lies.end(), [&](const Lie& lie) {
    const bool is_over = lie.is_corrected && VirtualTime::now_ms() - lie.corrected_ms > kBeliefMs;
    return !is_over && lie.symbol == catalog_[id].symbol &&
           ts_open_ms >= catalog_[id].interval.open_of(lie.ts_open_ms);
  });
}

bool Oracle::has_waited(const Signal& signal) const {
  if (signal.is_valid || signal.reason != core::Reason::journal_unavailable) return false;
  const core::Series& series = catalog_[signal.series];
  return std::any_of(faults_.lies.begin(), faults_.lies.end(), [&](const Lie& lie) {
    return lie.symbol == series.symbol && series.interval.open_of(lie.ts_open_ms) == signal.bar.ts_open_ms;
  });
}

bool Oracle::is_repetition(const Signal& signal) const {
  if (!signal.is_replayed || signal.is_valid) return false;
  const auto said = said_.find({signal.series, signal.bar.ts_open_ms, signal.revision});
  return said != said_.end() && said->second.bar == signal.bar &&
         same_bits(said->second.outputs, signal.outputs);
}

void Oracle::forgive_lies() {
  for (Lie& lie : faults_.lies) {
    if (lie.is_corrected && VirtualTime::now_ms() - lie.corrected_ms > kBeliefMs) continue;
    lie.is_corrected = true;
    lie.corrected_ms = VirtualTime::now_ms() - kBeliefMs;
    for (const core::Series& series : catalog_.series()) {
      if (series.symbol != lie.symbol) continue;
      forgiven_.push_back({series.id, series.interval.open_of(lie.ts_open_ms)});
    }
  }
}

void Oracle::forgive_loss(core::SeriesId id, std::int64_t minute_ms) {
  const core::Interval& interval = catalog_[id].interval;
  const std::int64_t open_ms = interval.open_of(minute_ms);
  if (interval.next_open_ms(open_ms) == minute_ms + 60'000) forgiven_.push_back({id, open_ms});
}

void Oracle::check(const Signal& signal) {
  if (signal.is_valid && !is_valid_[signal.series]) valid_since_ms_[signal.series] = VirtualTime::now_ms();
  is_valid_[signal.series] = signal.is_valid;
  if (signal.is_valid != (signal.state == SeriesState::live))
    complain(signal, std::string("valid ") + (signal.is_valid ? "true" : "false") + " in state " +
                         engine::to_string(signal.state));
  if (signal.kind == Signal::Kind::closed_bar) {
    check_closed(signal);
    check_once(signal);
  }
  if (signal.kind == Signal::Kind::open_bar && signal.is_valid) check_open(signal);
}

/// All bars before it are in the state that it was computed from.
void Oracle::check_open(const Signal& signal) {
  const std::int64_t before_ms = catalog_[signal.series].interval.previous_open_ms(signal.bar.ts_open_ms);
  true_bar(signal.series, before_ms, signal.price_scale);
  Reference& reference = references_[signal.series];
  // By now the bar itself is over, or the venue has none before it.
  if (reference.next_ms != signal.bar.ts_open_ms || is_lied_to(signal.series, before_ms)) return;
  Outputs outputs;
  if (reference.state->peek(signal.bar, outputs) != Status::ok || !same_bits(outputs, signal.outputs))
    complain(signal, "an open bar on a state that is not that of the bars before it");
}

void Oracle::check_closed(const Signal& signal) {
  const TrueBar* const truth = true_bar(signal.series, signal.bar.ts_open_ms, signal.price_scale);
  if (is_lied_to(signal.series, signal.bar.ts_open_ms) || is_repetition(signal) || has_waited(signal)) return;
  if (truth == nullptr) return complain(signal, "published as closed, and the venue has no such closed bar");
  ++bars_checked_;
  if (signal.bar != truth->bar)
    return complain(signal, "published " + bar_text(signal.bar) + ", the truth is " + bar_text(truth->bar));
  if (signal.ts_anchor_ms != truth->ts_anchor_ms)
    return complain(signal, "anchored at " + std::to_string(signal.ts_anchor_ms) + ", should be " +
                                std::to_string(truth->ts_anchor_ms));
  if (!same_bits(signal.outputs, truth->outputs))
    complain(signal, "outputs differ from those of the true bars");
}

/// One content for an identity, and no old news as new ones.
void Oracle::check_once(const Signal& signal) {
  std::uint64_t& last = last_sequence_[signal.series];
  if (signal.sequence <= last) complain(signal, "sequence after " + std::to_string(last));
  last = std::max(last, signal.sequence);
  const auto [at, is_new] = said_.try_emplace({signal.series, signal.bar.ts_open_ms, signal.revision});
  Said& said = at->second;
  if (is_new) {
    said = {signal.bar, signal.outputs};
    return;
  }
  if ((said.bar != signal.bar || !same_bits(said.outputs, signal.outputs)) && is_content_kept_)
    complain(signal,
             "published before with other content: " + bar_text(said.bar) + ", now " + bar_text(signal.bar));
  if (!signal.is_replayed && is_content_kept_) complain(signal, "published again, and not as replayed");
}

void Oracle::check_freshness(const engine::SignalStore& store, std::int64_t slack_ms) {
  const std::int64_t now_ms = venue_.now_ms();
  for (const core::Series& series : catalog_.series()) {
    if (!store.is_valid(series.id)) continue;
    last_valid_ms_[series.id] = VirtualTime::now_ms();
    const Signal closed = store.closed_now(series.id);
    const std::int64_t next_ms = series.interval.next_open_ms(closed.bar.ts_open_ms);
    const std::int64_t deadline_ms = series.interval.next_open_ms(next_ms) + deadlines_.late_ms + slack_ms;
    if (now_ms > deadline_ms)
      complain(closed, "shown as valid " + std::to_string(now_ms - deadline_ms) +
                           " ms after the next bar should have been there at the latest");
    // History may have said that nothing is missing, on a connection that is new.
    const std::int64_t quiet_ms =
        VirtualTime::now_ms() - std::max(faults_.last_news_ms, valid_since_ms_[series.id]);
    if (quiet_ms > 2 * deadlines_.silence_ms + slack_ms)
      complain(closed,
               "shown as valid, and nothing has come from the venue for " + std::to_string(quiet_ms) + " ms");
  }
}

void Oracle::check_alive(const engine::SignalStore& store) {
  for (const core::Series& series : catalog_.series()) {
    const Signal closed = store.closed_now(series.id);
    // The newest one may be on its way.
    const std::int64_t due_ms = series.interval.previous_open_ms(newest_ms(series.id));
    // Where a time without trades has no bar, the last one that there is may be the newest, and late by now.
    const Signal latest = store.latest(series.id);
    const bool is_alive =
        store.is_valid(series.id) || VirtualTime::now_ms() - last_valid_ms_[series.id] < kRecoveryMs;
    const bool is_quiet = !true_bar(series.id, due_ms, closed.price_scale) ||
                          !true_bar(series.id, newest_ms(series.id), closed.price_scale);
    // Late, or missing before the one that is open: history says that it does not exist when the next has
    // closed.
    const bool is_waiting =
        latest.reason == core::Reason::bar_late || latest.reason == core::Reason::bar_missing;
    if (is_quiet && (is_alive || is_waiting)) {
      // It has all that there is, but for the newest.
      for (std::int64_t ms = series.interval.next_open_ms(closed.bar.ts_open_ms); ms <= due_ms;
           ms = series.interval.next_open_ms(ms)) {
        if (true_bar(series.id, ms, closed.price_scale))
          complain(closed, "the bar " + std::to_string(ms) + " has not come");
      }
    } else if (!is_alive) {
      complain(store.latest(series.id), std::string("not alive long after the last fault: ") +
                                            engine::to_string(store.latest(series.id).state) + ", " +
                                            core::to_string(store.latest(series.id).reason));
    } else if (closed.bar.ts_open_ms < due_ms) {
      complain(closed, "alive, but the bar " + std::to_string(due_ms) + " has not come");
    }
  }
}

}  // namespace lockstep::simulation
