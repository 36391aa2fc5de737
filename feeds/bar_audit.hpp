// Recent bars compared with the venue's history from time to time (faults D4, R5).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/catalog.hpp"
#include "feeds/event_outlet.hpp"
#include "feeds/net/http_client.hpp"
#include "feeds/rest_source.hpp"
#include "feeds/told_bars.hpp"

namespace lockstep::feeds {

/// Asks the venue for some bars that a series has been told and compares them. A bar that differs is asked
/// for again, since history may lag; if it says the same then, the bar is pushed as a closed bar of the
/// stream once more: the engine takes it for what it is, a revision, which is journalled.
///
/// One series after the other, through the client of the feed and so within the host's budget; nothing is
/// asked while history is being fetched for somebody. Lives on the network thread, kept by shared_ptr.
class BarAudit : public std::enable_shared_from_this<BarAudit> {
 public:
  struct Settings {
    std::chrono::milliseconds every{600'000};   ///< each series is compared so often; 0: never
    std::chrono::milliseconds confirm{10'000};  ///< a difference is asked for again after so long
    std::function<bool()> is_busy;              ///< live data has needs of its own at the moment
  };
  struct Counters {
    std::uint64_t compared = 0;   ///< bars
    std::uint64_t different = 0;  ///< of them, said twice by the venue and pushed
    std::uint64_t absent = 0;     ///< of them, not in the venue's history
  };

  /// `series`: those whose interval the venue's history has. The rest must outlive this, or its stop().
  BarAudit(boost::asio::io_context& io, Settings settings, std::shared_ptr<net::HttpClient> client,
           RestSource& source, const core::Catalog& catalog, EventOutlet& outlet, const ToldBars& told,
           std::vector<core::SeriesId> series);

  void start();
  void stop();
  /// One more, as of the constructor; one that it has already may come again.
  void add(core::SeriesId series);
  const Counters& counters() const { return counters_; }

 private:
  /// What is compared: opens from one told bar to another, the newest ones left out.
  struct Range {
    core::SeriesId series = 0;
    std::int64_t from_ms = 0, to_ms = 0;
    int rows = 0;
  };
  void plan();
  void step();
  bool find_range(core::SeriesId series, Range& range) const;
  void ask(const Range& range, bool is_second);
  void compare(const Range& range, bool is_second, std::vector<HistoryRow>& rows);
  bool is_suspect_again(const BarTicks& bar, bool is_second);
  void push(core::SeriesId series, const core::MarketEvent& event, const BarTicks* told);

  boost::asio::steady_timer timer_;
  boost::asio::steady_timer confirm_timer_;
  Settings settings_;
  std::shared_ptr<net::HttpClient> client_;
  RestSource& source_;
  const core::Catalog& catalog_;
  EventOutlet& outlet_;
  const ToldBars& told_;
  std::vector<core::SeriesId> series_;
  std::size_t next_ = 0;
  bool is_asking_ = false;
  bool is_stopped_ = false;
  std::map<std::int64_t, BarTicks> suspects_;  ///< of the series at hand, by open time
  Counters counters_;
};

}  // namespace lockstep::feeds
