#include "replay/sim/detail/publisher.hpp"

#include <algorithm>
#include <utility>

#include "replay/sim/detail/frame_faults.hpp"
#include "replay/sim/detail/web_frames.hpp"

namespace lockstep::sim {
namespace {

constexpr std::int64_t kFirstUpdateMs = 250;     // after the closing frame of the bar before
constexpr std::int64_t kUpdatesSpanMs = 57'000;  // keeps the last update before the end of the minute

}  // namespace

const std::string& KlineFrame::raw() {
  if (raw_.empty()) append_web_frame(raw_, WebOpcode::text, json_);
  return raw_;
}

const std::string& KlineFrame::combined() {
  if (combined_.empty()) {
    append_web_frame(combined_, WebOpcode::text,
                     R"({"stream":")" + stream_name_ + R"(","data":)" + json_ + "}");
  }
  return combined_;
}

Publisher::Publisher(const BarHistory& history, const VenueText& text, Settings settings)
    : history_(history),
      text_(text),
      settings_(settings),
      streams_(static_cast<std::size_t>(history.model().size())) {
  for (int symbol = 0; symbol < history_.model().size(); ++symbol) {
    // The bar before the start was closed for all who listened then.
    queue_.push(event_after({0, symbol, 0, settings_.start_minute}));
  }
}

void Publisher::subscribe(StreamKey key, Subscriber& subscriber) {
  auto& streams = streams_[static_cast<std::size_t>(key.symbol)];
  auto at = std::find_if(streams.begin(), streams.end(),
                         [&](const Stream& s) { return s.interval >= key.interval; });
  if (at == streams.end() || at->interval != key.interval) {
    Stream stream;
    stream.interval = key.interval;
    stream.name = history_.model().spec(key.symbol).stream_name;
    if (key.interval == kTradesInterval) {
      stream.name += text_.dialect() == Dialect::binance_usdm ? "@aggTrade" : "@trade";
    } else {
      stream.name.append("@kline_").append(kSimIntervals[static_cast<std::size_t>(key.interval)].name);
    }
    at = streams.insert(at, std::move(stream));
  }
  if (std::find(at->subscribers.begin(), at->subscribers.end(), &subscriber) == at->subscribers.end()) {
    at->subscribers.push_back(&subscriber);
  }
}

void Publisher::unsubscribe(StreamKey key, Subscriber& subscriber) {
  auto& streams = streams_[static_cast<std::size_t>(key.symbol)];
  const auto at = std::find_if(streams.begin(), streams.end(),
                               [&](const Stream& s) { return s.interval == key.interval; });
  if (at == streams.end()) return;
  std::erase(at->subscribers, &subscriber);
  if (at->subscribers.empty()) streams.erase(at);
}

bool Publisher::run_due(std::int64_t now_ms, bool is_silent, std::size_t events_max) {
  std::size_t events = 0;
  for (; next_due_ms() <= now_ms && events < events_max; ++events) {
    const Event event = queue_.top();
    queue_.pop();
    queue_.push(event_after(event));
    due_ms_ = event.due_ms;
    if (is_silent && event.slot == 0 && tell_unnoticed_)
      withheld_.emplace_back(event.symbol, event.minute - 1);
    if (!is_silent && is_listed(event.symbol) && !streams_[static_cast<std::size_t>(event.symbol)].empty())
      push_minute(event);
  }
  const std::vector<Subscriber*> to_flush = std::exchange(to_flush_, {});
  for (Subscriber* subscriber : to_flush) subscriber->flush();
  return next_due_ms() > now_ms;
}

Publisher::Event Publisher::make_event(int symbol, std::int64_t minute, int slot) const {
  std::int64_t offset_ms = history_.model().close_delay_ms(symbol, minute - 1);
  if (slot > 0) offset_ms += kFirstUpdateMs + (slot - 1) * kUpdatesSpanMs / settings_.updates_per_bar;
  return {minute * kMinuteMs + offset_ms, symbol, slot, minute};
}

Publisher::Event Publisher::event_after(const Event& event) const {
  const bool is_traded = history_.model().is_traded(event.symbol, event.minute);
  int slots = settings_.updates_per_bar;
  if (!is_traded) slots = settings_.push_quiet_bars ? std::min(slots, 1) : 0;
  if (event.slot < slots) return make_event(event.symbol, event.minute, event.slot + 1);
  return make_event(event.symbol, event.minute + 1, 0);
}

void Publisher::push_minute(const Event& event) {
  const bool is_final = event.slot == 0;
  const std::int64_t minute = is_final ? event.minute - 1 : event.minute;
  const SimBar bar =
      is_final ? history_.model().bar(event.symbol, minute)
               : history_.model().partial_bar(event.symbol, minute, event.due_ms - minute * kMinuteMs);
  for (Stream& stream : streams_[static_cast<std::size_t>(event.symbol)]) {
    if (stream.interval == kTradesInterval) {
      push_trades(event.symbol, stream, event.minute, event.due_ms);
    } else {
      push_stream(event.symbol, stream, bar, is_final, event.due_ms);
    }
  }
}

void Publisher::push_stream(int symbol, Stream& stream, const SimBar& minute_bar, bool is_final,
                            std::int64_t ts_event_ms) {
  const SimInterval& interval = kSimIntervals[static_cast<std::size_t>(stream.interval)];
  const SimBar bar = joined(symbol, stream, minute_bar);
  const bool is_closed = is_final && interval.next_open(bar.ts_open_ms) == minute_bar.ts_open_ms + kMinuteMs;
  if (!settings_.push_quiet_bars && bar.trades == 0) return;
  // A longer bar has nothing new when a minute passed without trades, unless it begins or ends there.
  const bool is_unchanged = minute_bar.trades == 0 && (is_final || bar.ts_open_ms != minute_bar.ts_open_ms);
  if (is_unchanged && !is_closed) return;

  note_sent();
  is_closing_ = is_closed;
  for (const std::string& json :
       text_.bar_frames(history_.model().spec(symbol), interval, bar, ts_event_ms, is_closed)) {
    push_text(stream, json);
  }
}

bool Publisher::is_listed(int symbol) const {
  return settings_.is_unlisted == nullptr || !(*settings_.is_unlisted)[static_cast<std::size_t>(symbol)];
}

void Publisher::push_text(Stream& stream, const std::string& json) {
  if (settings_.faults == nullptr) return send(stream, json);
  const auto fault = settings_.faults->next(is_closing_ ? FaultPlace::closing_frame : FaultPlace::open_frame);
  if (fault != VenueFault::repeats) repeated_stream_.clear();
  std::vector<std::string> texts{json};
  if (fault) {
    if (auto faulty = faulty_texts(stream, json, *fault)) {
      texts = std::move(*faulty);
      settings_.faults->gave(*fault);
    }
  }
  if (fault != VenueFault::repeats) stream.last_text = json;
  for (const std::string& text : texts) send(stream, text);
  if (!stream.late_text.empty() && stream.late_behind-- == 0)
    send(stream, std::exchange(stream.late_text, ""));
}

std::optional<std::vector<std::string>> Publisher::faulty_texts(Stream& stream, const std::string& json,
                                                                VenueFault fault) {
  if (fault == VenueFault::late_close) {
    if (!stream.late_text.empty()) return std::nullopt;
    stream.late_text = json;
    stream.late_behind = 2;
    return std::vector<std::string>{};
  }
  if (fault != VenueFault::repeats) return altered(fault, text_.dialect(), json, stream.last_text);
  if (repeated_stream_.empty() && !stream.last_text.empty()) repeated_stream_ = stream.name;
  if (repeated_stream_ != stream.name) return std::vector<std::string>{};
  return std::vector<std::string>{stream.last_text};
}

// Rows alone count: a trade says nothing about rows that are missing.
void Publisher::note_sent() {
  if (due_ms_ - std::exchange(sent_ms_, due_ms_) <= unnoticed_pause_ms_) {
    for (const auto& [symbol, minute] : withheld_) tell_unnoticed_(symbol, minute);
  }
  withheld_.clear();
}

void Publisher::send(Stream& stream, const std::string& json) {
  KlineFrame frame(stream.name, json);
  for (Subscriber* subscriber : stream.subscribers) {
    if (subscriber->deliver(frame)) to_flush_.push_back(subscriber);
  }
}

// Everything that was traded since the last push, up to now; a stream that is new begins now.
void Publisher::push_trades(int symbol, Stream& stream, std::int64_t minute, std::int64_t ts_event_ms) {
  const bool is_new = stream.next_minute < 0;
  if (is_new) stream.next_minute = minute;
  std::vector<SimTrade> due;
  while (true) {
    const std::vector<SimTrade> trades = history_.model().trades(symbol, stream.next_minute);
    for (; stream.next_trade < trades.size() && trades[stream.next_trade].ts_ms <= ts_event_ms;
         ++stream.next_trade) {
      due.push_back(trades[stream.next_trade]);
    }
    if (stream.next_trade < trades.size() || stream.next_minute == minute) break;
    ++stream.next_minute;
    stream.next_trade = 0;
  }
  is_closing_ = true;
  if (is_new || due.empty()) return;
  for (const std::string& json : text_.trades_frames(history_.model().spec(symbol), due, ts_event_ms))
    push_text(stream, json);
}

// The stream's running bar with this state of a minute on top. Minutes settle lazily: a stream that was
// silent or just subscribed catches up here.
SimBar Publisher::joined(int symbol, Stream& stream, const SimBar& minute_bar) const {
  const SimInterval& interval = kSimIntervals[static_cast<std::size_t>(stream.interval)];
  const std::int64_t minute = minute_bar.ts_open_ms / kMinuteMs;
  const std::int64_t open_ms = interval.open_of(minute_bar.ts_open_ms);
  const std::int64_t first = std::max(open_ms / kMinuteMs, history_.first_minute());
  stream.next_minute = std::max(stream.next_minute, first);  // a new bar forgets the one before
  for (; stream.next_minute < minute; ++stream.next_minute) {
    const SimBar next = history_.model().bar(symbol, stream.next_minute);
    if (stream.next_minute == first) {
      stream.settled = next;
      stream.settled.ts_open_ms = open_ms;
    } else {
      history_.append(stream.settled, next);
    }
  }
  SimBar out = stream.settled;
  if (minute == first) {
    out = minute_bar;
    out.ts_open_ms = open_ms;
  } else {
    history_.append(out, minute_bar);
  }
  return out;
}

}  // namespace lockstep::sim
