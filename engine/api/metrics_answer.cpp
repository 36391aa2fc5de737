// /metrics: what the daemon counted, and what is read from the status of its parts.
#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "engine/api/answers.hpp"
#include "engine/api/ascii.hpp"
#include "engine/metrics/process.hpp"

namespace lockstep::engine {
namespace {

using metrics::TextWriter;
using metrics::Type;

constexpr std::array<SeriesState, 7> kStates = {
    SeriesState::warming, SeriesState::live,     SeriesState::stale,  SeriesState::gap,
    SeriesState::halted,  SeriesState::rejected, SeriesState::retired};

void write_series(TextWriter& out, const ServerState& state) {
  const core::Catalog& catalog = state.index.catalog();
  std::vector<std::array<std::size_t, kStates.size()>> counts(catalog.venues().size());
  for (const core::Series& series : catalog.series())
    if (!state.store.is_removed(series.id))
      ++counts[series.venue_index][static_cast<std::size_t>(state.store.latest(series.id).state)];
  out.family("lockstep_series", Type::gauge, "Series by state; only live ones give valid signals.");
  for (std::size_t venue = 0; venue < counts.size(); ++venue) {
    for (const SeriesState each : kStates) {
      const std::string name = lower(to_string(each));
      out.value({{"venue", catalog.venues()[venue]}, {"state", name}},
                counts[venue][static_cast<std::size_t>(each)]);
    }
  }
}

/// Several feeds of one venue count as one.
std::map<std::string, feeds::FeedHealth> by_venue(const std::vector<feeds::FeedHealth>& feeds) {
  std::map<std::string, feeds::FeedHealth> venues;
  for (const feeds::FeedHealth& feed : feeds) {
    const auto [entry, is_new] = venues.try_emplace(feed.venue, feed);
    if (is_new) continue;
    feeds::FeedHealth& sum = entry->second;
    sum.connected = sum.connected && feed.connected;
    sum.frames += feed.frames;
    sum.reconnects += feed.reconnects;
    sum.frames_unknown += feed.frames_unknown;
    sum.records_refused += feed.records_refused;
    sum.lag_ms = std::max(sum.lag_ms, feed.lag_ms);
    sum.with_history += feed.with_history;
    sum.with_trades += feed.with_trades;
    sum.rest += feed.rest;
  }
  return venues;
}

class FeedWriter {
 public:
  FeedWriter(TextWriter& out, const ServerState& state)
      : out_(out), venues_(by_venue(state.hooks.feed_health ? state.hooks.feed_health() : Feeds())) {}

  template <class Get>
  void family(std::string_view name, Type type, std::string_view help, Get get) {
    out_.family(name, type, help);
    for (const auto& [venue, health] : venues_) out_.value({{"venue", venue}}, get(health));
  }

  /// Only of venues whose clock is known.
  void known_offsets(std::string_view name, std::string_view help) {
    out_.family(name, Type::gauge, help);
    for (const auto& [venue, health] : venues_) {
      if (health.clock_offset_ms)
        out_.value({{"venue", venue}}, static_cast<double>(*health.clock_offset_ms) / 1e3);
    }
  }

 private:
  using Feeds = std::vector<feeds::FeedHealth>;
  TextWriter& out_;
  std::map<std::string, feeds::FeedHealth> venues_;
};

void write_feeds(TextWriter& out, const ServerState& state) {
  using Health = feeds::FeedHealth;
  FeedWriter feeds(out, state);
  feeds.family("lockstep_feed_connected", Type::gauge, "1: every connection is up and subscribed.",
               [](const Health& health) { return health.connected ? 1 : 0; });
  feeds.family("lockstep_feed_frames_total", Type::counter, "Frames received.",
               [](const Health& health) { return health.frames; });
  feeds.family("lockstep_feed_frames_unknown_total", Type::counter, "Frames of no use to us, skipped.",
               [](const Health& health) { return health.frames_unknown; });
  feeds.family("lockstep_feed_records_refused_total", Type::counter,
               "Records of use to us that could not be used.",
               [](const Health& health) { return health.records_refused; });
  feeds.family("lockstep_feed_reconnects_total", Type::counter, "Connections made anew.",
               [](const Health& health) { return health.reconnects; });
  feeds.family("lockstep_feed_lag_seconds", Type::gauge,
               "Newest receive time less its event time, by this machine's clock.",
               [](const Health& health) { return static_cast<double>(health.lag_ms) / 1e3; });
  feeds.known_offsets("lockstep_clock_offset_seconds",
                      "This machine's clock less the venue's, as its history host tells it.");
  feeds.family("lockstep_history_compared_total", Type::counter, "Closed bars compared with history.",
               [](const Health& health) { return health.with_history.compared; });
  feeds.family("lockstep_history_differences_total", Type::counter,
               "Closed bars that history said otherwise, twice: revisions.",
               [](const Health& health) { return health.with_history.different; });
  feeds.family("lockstep_history_absent_total", Type::counter, "Closed bars that history does not have.",
               [](const Health& health) { return health.with_history.other; });
  feeds.family("lockstep_trades_compared_total", Type::counter,
               "Closed bars compared with those made from trades.",
               [](const Health& health) { return health.with_trades.compared; });
  feeds.family("lockstep_trades_differences_total", Type::counter,
               "Closed bars that trades make otherwise; history was asked.",
               [](const Health& health) { return health.with_trades.different; });
  feeds.family("lockstep_trades_corrected_total", Type::counter,
               "Of these, bars that history then had as trades make them.",
               [](const Health& health) { return health.with_trades.other; });
  feeds.family("lockstep_rest_requests_total", Type::counter, "REST requests sent.",
               [](const Health& health) { return health.rest.requests; });
  feeds.family("lockstep_rest_errors_total", Type::counter, "REST requests without a usable answer.",
               [](const Health& health) { return health.rest.errors; });
  feeds.family("lockstep_rest_waits_total", Type::counter,
               "Times that a REST request had to wait for the host's limit.",
               [](const Health& health) { return health.rest.waits; });
  feeds.family("lockstep_rest_wait_seconds_total", Type::counter,
               "Time that REST requests waited for the host's limit.",
               [](const Health& health) { return static_cast<double>(health.rest.wait_ms) / 1e3; });
  feeds.family("lockstep_backfills_total", Type::counter, "Requests for history.",
               [](const Health& health) { return health.rest.backfills; });
  feeds.family("lockstep_backfill_bars_total", Type::counter, "Bars fetched as history.",
               [](const Health& health) { return health.rest.backfill_bars; });
}

void write_journal(TextWriter& out, const DaemonHealth& health) {
  if (!health.has_journal) return;
  const journal::WriterStats& journal = health.journal;
  out.single("lockstep_journal_records_total", Type::counter, "Records written.", journal.records);
  out.single("lockstep_journal_written_bytes_total", Type::counter, "Bytes written.", journal.bytes);
  out.single("lockstep_journal_stalls_total", Type::counter, "Times that the disk was full.", journal.stalls);
  out.single("lockstep_journal_pending_bytes", Type::gauge, "Bytes that are not durable yet.",
             journal.pending_bytes);
  out.single("lockstep_journal_stuck", Type::gauge, "1: the journal takes nothing, so nothing is published.",
             health.is_journal_stuck ? 1 : 0);
}

void write_engine(TextWriter& out, const ServerState& state) {
  const DaemonHealth health = state.hooks.daemon_health ? state.hooks.daemon_health() : DaemonHealth();
  out.family("lockstep_queue_depth", Type::gauge, "Events that wait for a shard.");
  for (std::size_t shard = 0; shard < health.queue_depth.size(); ++shard)
    out.value({{"shard", std::to_string(shard)}}, health.queue_depth[shard]);
  out.family("lockstep_queue_lag_seconds", Type::gauge,
             "How long the oldest event at hand of a shard has waited since its socket.");
  for (std::size_t shard = 0; shard < health.lag_ms.size(); ++shard)
    out.value({{"shard", std::to_string(shard)}}, static_cast<double>(health.lag_ms[shard]) / 1e3);
  out.single("lockstep_events_lost_total", Type::counter,
             "Events that found a shard's queue full; their series were repaired.", health.events_lost);
  out.single("lockstep_signals_lost_total", Type::counter, "Publications that found the outputs' queue full.",
             health.signals_lost);
  write_journal(out, health);
}

void write_clients(TextWriter& out, const ServerState& state) {
  const ApiCounters& counters = state.counters;
  out.single("lockstep_api_connections", Type::gauge, "Connections of API clients.",
             state.connections.size());
  out.single("lockstep_api_streams", Type::gauge, "Websocket clients.", state.streams.size());
  out.single("lockstep_api_requests_total", Type::counter, "HTTP requests.", counters.requests);
  out.single("lockstep_api_refused_connections_total", Type::counter, "Connections beyond the limits.",
             counters.refused_connections);
  out.single("lockstep_api_refused_requests_total", Type::counter,
             "Requests refused for their token, Host or Origin.", counters.refused_requests);
  out.single("lockstep_api_messages_sent_total", Type::counter, "Messages sent to websocket clients.",
             counters.messages_sent);
  out.single("lockstep_api_conflated_total", Type::counter,
             "Open bars that a newer one replaced before they were sent.", counters.conflated);
  out.single("lockstep_api_closed_slow_total", Type::counter,
             "Websocket clients closed since they did not keep up.", counters.closed_slow);
}

}  // namespace

Answer metrics_answer(const ServerState& state) {
  TextWriter out;
  out.family("lockstep_build_info", Type::gauge, "1, with what was built as labels.");
  out.value({{"version", LOCKSTEP_VERSION}, {"compiler", LOCKSTEP_COMPILER}}, 1);
  write_series(out, state);
  if (state.hooks.write_metrics) state.hooks.write_metrics(out);
  write_feeds(out, state);
  write_engine(out, state);
  write_clients(out, state);
  metrics::write_process(out);
  return {200, out.take(), TextWriter::kContentType};
}

}  // namespace lockstep::engine
