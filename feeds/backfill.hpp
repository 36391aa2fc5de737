// History by REST: fair between series, retried for ever, never a row that may still change.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/catalog.hpp"
#include "feeds/bar_reader.hpp"
#include "feeds/event_outlet.hpp"
#include "feeds/exchange_clock.hpp"
#include "feeds/net/backoff.hpp"
#include "feeds/net/http_client.hpp"
#include "feeds/net/log.hpp"
#include "feeds/rest_source.hpp"
#include "feeds/roll_up.hpp"

namespace lockstep::feeds {

/// Open time of the bar `count` bars before the one that holds now_ms.
std::int64_t bars_before(const core::Interval& interval, std::int64_t now_ms, std::int64_t count);

/// Lives on the network thread, kept by shared_ptr. Answers are backfill_bar events, oldest first, and
/// backfill_done with the time that it is by then. A bar that was still open by the server's time, which is
/// asked for before the first page, is never given (fault R4).
///
/// An answer without a single row, not even one of the open bar, is none: it is asked for again for ever,
/// ever more slowly. What a venue leaves out is no proof that there is nothing (fault R3).
class Backfiller : public std::enable_shared_from_this<Backfiller> {
 public:
  struct Settings {
    int in_flight_max = 4;
    std::chrono::milliseconds backoff_base{500};
    std::chrono::milliseconds backoff_max{30'000};
    std::chrono::milliseconds empty_wait_max{300'000};  ///< while a cold start gets not a single row
    std::uint64_t seed = 0;
    /// Series whose history is rolled up from the bars of a shorter interval.
    std::map<core::SeriesId, core::Interval> rolled_from = {};
  };

  Backfiller(boost::asio::io_context& io, Settings settings, std::shared_ptr<net::HttpClient> client,
             RestSource& source, const core::Catalog& catalog, EventOutlet& outlet);

  /// A newer request of a series takes the place of the one before. Waits while the series is not listed yet.
  void request(const core::BackfillRequest& request);
  /// The feed's clock hears what time it is at the venue whenever history has asked for that, and says what
  /// time it is at an answer's end. A venue that pushes nothing has a time all the same, and without one no
  /// bar would ever be late. It must live until stop().
  void use(ExchangeClock& clock) { clock_ = &clock; }
  /// The history of a series is rolled up from bars of that interval.
  void roll_up(core::SeriesId series, const core::Interval& from) {
    settings_.rolled_from.insert_or_assign(series, from);
  }
  /// Nobody waits for the history of this series any more.
  void forget(core::SeriesId series) { jobs_.erase(series); }
  /// Series have been listed: requests that waited for that go on.
  void wake();
  void stop();
  std::uint64_t requests() const { return generation_; }
  std::uint64_t bars_given() const { return bars_given_; }
  /// Somebody waits for history.
  bool is_busy() const { return in_flight_ > 0; }
  std::uint64_t records_refused() const { return records_refused_; }

 private:
  struct LookBack {
    std::int64_t before_ms = 0;            ///< the bars that open before it are counted
    std::int64_t from_ms = 0, to_ms = 0;   ///< the present stretch, its end excluded
    std::vector<core::MarketEvent> found;  ///< in the stretches behind it, oldest first
  };
  struct Job {
    core::BackfillRequest request;
    std::uint64_t generation = 0;  ///< answers to an older job of the series are dropped by it
    std::optional<std::int64_t> server_time_ms;
    std::int64_t server_time_ns = 0;  ///< monotonic: when it was told
    std::int64_t cursor_ms = 0;       ///< open time of the next bar wanted
    /// Set while bars_before are looked for. Stretches of time are read, the newest first, until there are
    /// enough bars or a stretch has none; nothing is given before that.
    std::optional<LookBack> look_back;
    std::optional<RollUp> roll_up;  ///< pages hold its parts
    std::int64_t covers_to_ms = 0;  ///< the present page covers opens up to here
    bool has_rows = false;          ///< the venue has given at least one, of whatever use
    std::int64_t bars_given = 0;
    std::vector<core::MarketEvent> ready;  ///< of the present page, not all pushed yet
    std::size_t pushed = 0;
    bool is_last_page = false;
    bool is_busy = false;  ///< a request or a timer will bring it back
    int empty_answers = 0;
    net::Backoff backoff;
  };
  void pump();
  bool can_start(const Job& job) const;
  void step(Job& job);
  void ask_time(Job& job);
  void ask_page(Job& job);
  void set_first_cursor(Job& job);
  void take_page(Job& job, std::string& body);
  void begin_look_back(Job& job);
  void take_stretch(Job& job);
  void end_look_back(Job& job);
  std::string page_problem(const Job& job, const std::vector<HistoryRow>& rows) const;
  void ask_anew(Job& job);
  void go_on(Job& job);
  std::string add_rows(Job& job, std::vector<HistoryRow>& rows);
  void give(Job& job, core::MarketEvent event);
  bool add_row(Job& job, const BarTexts& texts);
  void push_ready(Job& job);
  bool push_done(const Job& job);
  void retry(Job& job, const std::string& why) { retry(job, why, job.backoff.next()); }
  void retry(Job& job, const std::string& why, std::chrono::milliseconds wait);
  void resume_after(Job& job, std::chrono::milliseconds wait);
  Job* find(core::SeriesId series, std::uint64_t generation);
  bool is_page_possible(const Job& job) const;
  bool may_look_back(const Job& job) const;
  bool is_full(const Job& job) const;
  std::int64_t time_of_end(const Job& job) const;
  int rows_wanted(const Job& job) const;
  /// What pages are made of: the series' own interval, or the one it is rolled up from.
  const core::Interval& page_interval(core::SeriesId series) const;

  boost::asio::io_context& io_;
  Settings settings_;
  std::shared_ptr<net::HttpClient> client_;
  RestSource& source_;
  ExchangeClock* clock_ = nullptr;
  const core::Catalog& catalog_;
  EventOutlet& outlet_;
  std::map<core::SeriesId, Job> jobs_;
  std::deque<core::SeriesId> turns_;  ///< round robin: one REST request a turn
  int looking_back_ = 0;              ///< jobs that hold bars until they have enough
  int in_flight_ = 0;
  std::uint64_t generation_ = 0;
  std::uint64_t records_refused_ = 0;
  std::uint64_t bars_given_ = 0;
  net::LogGate log_gate_;
  bool is_stopped_ = false;
};

}  // namespace lockstep::feeds
