// A venue as a feed: list, streams, history.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "feeds/backfill.hpp"
#include "feeds/bar_audit.hpp"
#include "feeds/feed.hpp"
#include "feeds/net/standstill.hpp"
#include "feeds/stream.hpp"

namespace lockstep::feeds {

/// How often a feed looks at things, and by which clock.
struct FeedTiming {
  std::chrono::milliseconds listing_every{300'000};   ///< the symbol list is read again; 0: never
  std::chrono::milliseconds listing_confirm{20'000};  ///< ... when a series is missing from it, to be sure
  std::chrono::milliseconds audit_every{600'000};     ///< each series is compared with history; 0: never
  std::chrono::milliseconds audit_confirm{10'000};
  std::function<std::int64_t()> boottime_ns = net::boottime_ns;
};

/// See Feed. Order of life: the symbol list until it is answered, then listed or rejected for every series,
/// then the connections; history requests wait for the listing.
/// The list is read again from time to time: a series that it lacks twice in a row is rejected, one that it
/// has again is listed and subscribed (fault D15).
class VenueFeed : public Feed {
 public:
  /// Throws std::invalid_argument for a bad url, ca_file or limit in `config`.
  VenueFeed(boost::asio::io_context& io, const Venue& venue, const FeedConfig& config,
            const core::Catalog& catalog, std::vector<core::SeriesId> series, EventSink& sink,
            FeedTiming timing = {});
  ~VenueFeed() override { stop(); }

  void start() override;
  void stop() override;
  void request_backfill(const core::BackfillRequest& request) override;
  FeedHealth health() const override;

 private:
  struct Listed {
    bool is_trading;
    int price_scale;  ///< -1: no usable tick size
  };
  LinkSettings link_settings(std::size_t number) const;
  void ask_listing();
  std::string take_listing_page(std::string& body);
  void listing_failed(const std::string& error);
  void tell_listing();
  void plan_listing(std::chrono::milliseconds wait);
  bool follow_listing();
  void resume(const std::vector<core::SeriesId>& listed_again);
  std::string nearest_to(const core::Series& series) const;
  /// The interval whose history its own is rolled up from: only where the venue has none of its own.
  bool is_history_rolled(const core::Series& series) const;
  core::Reason reason_of(const core::Series& series) const;
  void start_streams(const std::vector<core::SeriesId>& series);
  void start_audit();
  void tick();

  boost::asio::io_context& io_;
  const Venue& venue_;
  FeedConfig config_;
  const core::Catalog& catalog_;
  std::vector<core::SeriesId> series_;
  std::optional<core::Interval> roll_up_from_;
  net::WsSettings ws_settings_;
  FeedTiming timing_;
  EventOutlet outlet_;
  ExchangeClock clock_;
  std::unique_ptr<RestSource> rest_;
  net::Backoff listing_backoff_;
  boost::asio::steady_timer listing_timer_;
  boost::asio::steady_timer tick_timer_;
  std::shared_ptr<net::HttpClient> client_;
  std::shared_ptr<Backfiller> backfiller_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::shared_ptr<BarAudit> audit_;
  net::Standstill standstill_;
  std::map<std::string, Listed, std::less<>> found_;  ///< of our symbols, while the list is being read
  std::vector<std::string> names_;                    ///< all that trade, while the list is being read
  std::size_t names_before_ = 0;                      ///< how many there were last time
  std::set<core::SeriesId> missing_;                  ///< not in the list that was read last
  std::string listing_cursor_;
  int listing_pages_ = 0;
  std::uint32_t venue_index_ = 0;
  std::int64_t clock_told_ns_ = 0;
  bool is_listed_ = false;
  std::string last_error_;
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  ///< gone after stop(): queued handlers do nothing
};

}  // namespace lockstep::feeds
