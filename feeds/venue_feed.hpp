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
#include "feeds/clock_offset.hpp"
#include "feeds/feed.hpp"
#include "feeds/net/standstill.hpp"
#include "feeds/stream.hpp"
#include "feeds/trade_check.hpp"

namespace lockstep::feeds {

/// How often a feed looks at things, and by which clock.
struct FeedTiming {
  std::chrono::milliseconds listing_every{300'000};  ///< the symbol list is read again; 0: never
  std::chrono::milliseconds listing_confirm{
      20'000};                                     ///< ... when it is in doubt what a series is, to be sure
  std::chrono::milliseconds audit_every{600'000};  ///< each series is compared with history; 0: never
  std::chrono::milliseconds audit_confirm{10'000};
  std::chrono::milliseconds forget_wait{60'000};  ///< see StreamContext
  std::function<std::int64_t()> boottime_ns = net::boottime_ns;
};

/// See Feed. Order of life: the symbol list until it is answered, then listed or rejected for every series,
/// then the connections; history requests wait for the listing.
/// The list is read again from time to time: a series that it lacks twice in a row is rejected, one that it
/// has again is listed and subscribed (fault D15). Series may be added and removed meanwhile.
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
  void add(const std::vector<core::SeriesId>& series) override;
  void remove(const std::vector<core::SeriesId>& series) override;
  void look_up(SymbolQuestion question, std::function<void(const SymbolAnswer&)> done) override;
  void on_new_symbols(std::function<void(const std::vector<std::string>&)> hear) override {
    hear_new_ = std::move(hear);
  }

 private:
  struct Listed {
    bool is_trading;
    int price_scale;  ///< -1: no usable tick size
  };
  struct Question {
    SymbolQuestion what;
    std::function<void(const SymbolAnswer&)> done;
  };
  LinkSettings link_settings(std::size_t number) const;
  void ask_listing();
  std::string take_listing_page(std::string& body);
  void listing_failed(const std::string& error);
  void tell_listing();
  void plan_listing(std::chrono::milliseconds wait);
  bool follow_listing();
  void doubt_list(core::SeriesId id);
  void resume(const std::vector<core::SeriesId>& listed_again);
  std::string nearest_to(const core::Series& series) const;
  /// The interval whose history its own is rolled up from: only where the venue has none of its own.
  bool is_history_rolled(const core::Series& series) const;
  core::Reason reason_of(const core::Series& series) const;
  void start_streams(const std::vector<core::SeriesId>& series);
  void start_audit();
  void start_checks(const std::vector<core::SeriesId>& listed);
  void ask_clock();
  void tick();

  // venue_feed_series.cpp
  void answer_questions(const std::string& error);
  SymbolAnswer answer(const SymbolQuestion& question) const;
  void answer_entry(const SymbolQuestion& question, const std::string& entry, SymbolAnswer& answer) const;
  void offer_new_symbols();
  void place(const std::vector<core::SeriesId>& listed);
  core::Reason reason_of_symbol(std::string_view symbol) const;
  std::string nearest_to_name(std::string_view name) const;

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
  std::vector<std::unique_ptr<TradeCheck>> checks_;
  ClockOffset offset_;
  net::Standstill standstill_;
  std::map<std::string, Listed, std::less<>> found_;  ///< so far, while the list is being read
  std::map<std::string, Listed, std::less<>> known_;  ///< the list that was read last
  std::vector<std::string> names_;                    ///< all that trade, while the list is being read
  std::size_t names_before_ = 0;                      ///< how many there were last time
  std::set<core::SeriesId> missing_;                  ///< not in the list that was read last
  std::set<core::SeriesId> refused_;                  ///< although listed; asked for again since
  std::vector<Question> questions_;                   ///< answered by the next list
  std::function<void(const std::vector<std::string>&)> hear_new_;
  std::set<std::string, std::less<>> offered_;  ///< to hear_new_
  bool is_reading_list_ = false;
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
