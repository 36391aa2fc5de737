// A feed: one venue, attached. It turns frames and REST answers into MarketEvents and pushes them to the
// shards' queues.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/catalog.hpp"
#include "engine/core/event_queue.hpp"
#include "engine/core/interval.hpp"
#include "feeds/frame_tap.hpp"

namespace boost::asio {
class io_context;
}

namespace lockstep::feeds {

/// Settings of one [[feed]] entry. Empty texts mean the venue's own endpoints.
struct FeedConfig {
  std::string venue;                   ///< one of venue_names()
  std::vector<std::string> symbols;    ///< as the venue writes them: BTCUSDT
  std::vector<std::string> intervals;  ///< 1m 5m 1h ...
  std::string ws_url;    ///< wss://host[:port][/prefix] or ws://... for a private or simulated endpoint
  std::string rest_url;  ///< https://host[:port] or http://...
  std::string ca_file;   ///< PEM of an extra certificate authority; checks are never switched off
  int silence_s = 60;    ///< connected but without data for so long: reconnect
  int backoff_ms_max = 30'000;  ///< longest wait between connection attempts
  int streams_max = 200;        ///< series per connection
  std::string state_dir;        ///< where pauses that the venue asked for are kept; empty: nowhere
  std::string roll_up_from;     ///< the interval that longer ones are rolled up from; empty: none is
  int rest_requests_per_s = 0;  ///< REST requests a second; 0: what the venue allows
  int listing_s = 300;          ///< the venue's symbol list is read again so often
  /// Of symbols as they were configured: what a symbol that is listed while the feed runs may match.
  std::vector<std::string> patterns = {};
  /// Of these symbols (names and patterns) the trades are subscribed as well, and closed bars compared.
  std::vector<std::string> cross_check = {};
  int clock_offset_ms_max = 2'000;  ///< this machine's clock further from the venue's is told; 0: never
  std::shared_ptr<FrameTap> tap = nullptr;  ///< hears every frame of every connection (`lockstep record`)
};

/// Where the events of a series go. Shards are picked by series; the sink owns producer tokens for this
/// feed's thread.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// False when the shard's queue is full; the feed must follow with stream_down(events_lost) as soon as it
  /// fits.
  virtual bool push(const core::MarketEvent& event) = 0;
};

/// What was asked by REST; each grows only.
struct RestCounters {
  std::uint64_t requests = 0;       ///< sent
  std::uint64_t errors = 0;         ///< answered by nothing that could be used
  std::uint64_t waits = 0;          ///< that could not go at once, for the host's limit
  std::uint64_t wait_ms = 0;        ///< how long they waited together
  std::uint64_t backfills = 0;      ///< requests for history
  std::uint64_t backfill_bars = 0;  ///< bars given as history

  RestCounters& operator+=(const RestCounters& more) {
    requests += more.requests;
    errors += more.errors;
    waits += more.waits;
    wait_ms += more.wait_ms;
    backfills += more.backfills;
    backfill_bars += more.backfill_bars;
    return *this;
  }
};

/// What was compared, in bars; each grows only.
struct ComparedCounters {
  std::uint64_t compared = 0;
  std::uint64_t different = 0;
  std::uint64_t other = 0;  ///< with history: absent there; with trades: different, and corrected since

  ComparedCounters& operator+=(const ComparedCounters& more) {
    compared += more.compared;
    different += more.different;
    other += more.other;
    return *this;
  }
};

/// Counters of one connection or feed, for status and tests.
struct FeedHealth {
  std::string venue;
  bool connected = false;  ///< every connection of the feed is up and subscribed
  std::uint64_t frames = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t frames_unknown = 0;   ///< of no use to us, skipped
  std::uint64_t records_refused = 0;  ///< of use but not usable
  std::int64_t lag_ms = 0;            ///< newest receive wall time less event time
  std::string last_error;             ///< escaped; empty when none
  /// This machine's wall clock less the venue's, and how wrong that may be; nothing before it was asked.
  std::optional<std::int64_t> clock_offset_ms;
  std::int64_t clock_uncertainty_ms = 0;
  ComparedCounters with_history;  ///< closed bars, from time to time
  ComparedCounters with_trades;   ///< closed bars of symbols in cross_check
  RestCounters rest;
};

/// Which symbols of a venue somebody wants: names and patterns (* and ?), and at which intervals.
struct SymbolQuestion {
  std::vector<std::string> entries;
  std::vector<std::string> intervals;
};

/// What the venue's list says to it. Not more than it has now: `taken` holds each series once.
struct SymbolAnswer {
  struct Taken {
    std::string symbol;
    core::Interval interval;
  };
  struct Refused {
    std::string entry;     ///< as it was asked for
    std::string interval;  ///< the one that it is about; empty: all
    core::Reason reason{};
    std::string nearest;  ///< symbol with a similar name; empty: none
  };
  std::string error;  ///< not empty: the list could not be had, so nothing is known
  std::vector<Taken> taken;
  std::vector<Refused> refused;
};

/// One venue. Lives on the network thread: every member runs there except request_backfill, which any thread
/// may call.
class Feed {
 public:
  virtual ~Feed() = default;
  /// Begins: symbol list first (listed or rejected for every series), then streams. Never gives up.
  virtual void start() = 0;
  /// Closes every connection; no event is pushed afterwards.
  virtual void stop() = 0;
  /// Asks for history; answers are backfill_bar... backfill_done events. Thread-safe.
  virtual void request_backfill(const core::BackfillRequest& request) = 0;
  virtual FeedHealth health() const = 0;

  // Series that come and go while it runs. A feed that knows nothing of that has none.

  /// Series that the catalog has since now, or that were removed: listed or rejected, then subscribed.
  virtual void add(const std::vector<core::SeriesId>& /*series*/) {}
  /// Rejected with Reason::removed; nothing more is pushed for them.
  virtual void remove(const std::vector<core::SeriesId>& /*series*/) {}
  /// Reads the venue's list now and answers from it; after stop() never.
  virtual void look_up(SymbolQuestion /*question*/, std::function<void(const SymbolAnswer&)> /*done*/) {}
  /// Hears, after each reading of the list, of symbols that have begun to trade and match config.patterns:
  /// each once.
  virtual void on_new_symbols(std::function<void(const std::vector<std::string>&)> /*hear*/) {}
};

/// Throws std::invalid_argument for a venue that is not known (the text lists those that are) or a bad url.
/// `series` are this feed's series in the catalog. Sink and catalog must outlive the feed.
std::unique_ptr<Feed> make_feed(boost::asio::io_context& io, const FeedConfig& config,
                                const core::Catalog& catalog, std::vector<core::SeriesId> series,
                                EventSink& sink);

/// Venue names make_feed knows.
const std::vector<std::string>& venue_names();

}  // namespace lockstep::feeds
