// Decides when which kline frame is pushed, formats it once and hands it to everyone who subscribed.
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "replay/sim/detail/bar_history.hpp"
#include "replay/sim/detail/fault_script.hpp"
#include "replay/sim/detail/venue_text.hpp"

namespace lockstep::sim {

/// In place of an interval: the trades of the symbol.
inline constexpr int kTradesInterval = static_cast<int>(kSimIntervals.size());

/// A stream: symbol and index into kSimIntervals, or kTradesInterval.
struct StreamKey {
  int symbol = 0;
  int interval = 0;
  friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
};

/// One event as whole websocket frames; each form is built when first asked for and then shared.
class KlineFrame {
 public:
  /// Both must outlive the frame.
  KlineFrame(const std::string& stream_name, const std::string& json)
      : stream_name_(stream_name), json_(json) {}
  const std::string& raw();
  const std::string& combined();
  const std::string& json() const { return json_; }
  const std::string& stream_name() const { return stream_name_; }

 private:
  const std::string& stream_name_;
  const std::string& json_;
  std::string raw_, combined_;
};

/// Someone who gets frames. flush() follows once after one or more deliver(); only flush() may unsubscribe.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  /// True when this is the first frame since the last flush().
  virtual bool deliver(KlineFrame& frame) = 0;
  virtual void flush() = 0;
};

/// One thread. A symbol's minute is pushed so: closing frame of the minute before (4..2003 venue ms late),
/// then `updates_per_bar` frames of the open bar; only one when nothing trades, since nothing changes. Event
/// times depend on the seed only.
class Publisher {
 public:
  struct Settings {
    int updates_per_bar = 5;
    bool push_quiet_bars = true;  ///< bars without trades are pushed and closed too
    std::int64_t start_minute = 0;
    const std::vector<std::atomic<bool>>* is_unlisted = nullptr;  ///< by symbol; null: all are listed
    FaultScript* faults = nullptr;                                ///< null: nothing goes wrong
  };

  /// History and text must outlive it.
  Publisher(const BarHistory& history, const VenueText& text, Settings settings);

  void subscribe(StreamKey key, Subscriber& subscriber);
  void unsubscribe(StreamKey key, Subscriber& subscriber);

  /// Pushes what is due by now_ms, in the order of event times, at most events_max events; nothing leaves
  /// while `is_silent`. False when more is due.
  bool run_due(std::int64_t now_ms, bool is_silent, std::size_t events_max);
  /// Last words about a minute that did not leave since it was silent, where rows before and after them are
  /// at most `pause_ms` apart: nobody can tell from the stream that something is missing. Told by symbol and
  /// minute when the next frame leaves.
  void on_unnoticed(std::int64_t pause_ms, std::function<void(int symbol, std::int64_t minute)> tell) {
    unnoticed_pause_ms_ = pause_ms;
    tell_unnoticed_ = std::move(tell);
  }

  /// Venue time of the next event.
  std::int64_t next_due_ms() const { return queue_.top().due_ms; }

 private:
  struct Stream {
    int interval = 0;
    std::string name;
    std::vector<Subscriber*> subscribers;
    // The part of the running bar that is final: minutes before next_minute.
    SimBar settled;
    std::int64_t next_minute = -1;
    std::size_t next_trade = 0;  ///< of next_minute: the first not pushed (trades only)
    std::string last_text;       ///< pushed last
    std::string late_text;       ///< comes behind the next frames
    int late_behind = 0;         ///< so many
  };
  // Slot 0 of a minute closes the minute before; slots 1..updates_per_bar update it.
  struct Event {
    std::int64_t due_ms;
    int symbol;
    int slot;
    std::int64_t minute;
    friend bool operator>(const Event& a, const Event& b) {
      return std::pair(a.due_ms, a.symbol) > std::pair(b.due_ms, b.symbol);
    }
  };

  Event make_event(int symbol, std::int64_t minute, int slot) const;
  Event event_after(const Event& event) const;
  void push_minute(const Event& event);
  void push_stream(int symbol, Stream& stream, const SimBar& minute_bar, bool is_final,
                   std::int64_t ts_event_ms);
  void push_trades(int symbol, Stream& stream, std::int64_t minute, std::int64_t ts_event_ms);
  void push_text(Stream& stream, const std::string& json);
  std::optional<std::vector<std::string>> faulty_texts(Stream& stream, const std::string& json,
                                                       VenueFault fault);
  void send(Stream& stream, const std::string& json);
  bool is_listed(int symbol) const;
  void note_sent();
  SimBar joined(int symbol, Stream& stream, const SimBar& minute_bar) const;

  const BarHistory& history_;
  const VenueText& text_;
  Settings settings_;
  std::vector<std::vector<Stream>> streams_;  // by symbol
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue_;
  std::vector<Subscriber*> to_flush_;
  bool is_closing_ = false;      ///< what is being pushed closes a bar or holds trades
  std::string repeated_stream_;  ///< while one frame comes over and over
  std::int64_t unnoticed_pause_ms_ = 0;
  std::function<void(int, std::int64_t)> tell_unnoticed_;
  std::vector<std::pair<int, std::int64_t>> withheld_;  ///< symbol and minute, since the last frame left
  std::int64_t due_ms_ = 0;                             ///< of the event at hand
  std::int64_t sent_ms_ = 0;                            ///< of the last that was sent
};

}  // namespace lockstep::sim
