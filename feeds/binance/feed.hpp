// Binance spot and USD-M futures as a feed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "feeds/backfill.hpp"
#include "feeds/binance/rest.hpp"
#include "feeds/binance/stream.hpp"
#include "feeds/binance/venue.hpp"
#include "feeds/feed.hpp"

namespace lockstep::feeds::binance {

/// See Feed. Order of life: exchangeInfo until it is answered, then listed or rejected for every series, then
/// the connections; history requests wait for the listing.
class BinanceFeed : public Feed {
 public:
  /// Throws std::invalid_argument for a bad url, ca_file or limit in `config`.
  BinanceFeed(boost::asio::io_context& io, const Venue& venue, const FeedConfig& config,
              const core::Catalog& catalog, std::vector<core::SeriesId> series, EventSink& sink);
  ~BinanceFeed() override { stop(); }

  void start() override;
  void stop() override;
  void request_backfill(const core::BackfillRequest& request) override;
  FeedHealth health() const override;

 private:
  LinkSettings link_settings(std::size_t number) const;
  void ask_listing();
  std::string take_listing(std::string& body);
  void start_streams();
  void tick();

  boost::asio::io_context& io_;
  const Venue& venue_;
  FeedConfig config_;
  const core::Catalog& catalog_;
  std::vector<core::SeriesId> series_;
  net::WsSettings ws_settings_;
  EventOutlet outlet_;
  ExchangeClock clock_;
  SeriesTable table_;
  KlineHistory history_;
  RestParser rest_parser_;
  net::Backoff listing_backoff_;
  boost::asio::steady_timer listing_timer_;
  boost::asio::steady_timer tick_timer_;
  std::shared_ptr<net::HttpClient> client_;
  std::shared_ptr<Backfiller> backfiller_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::uint32_t venue_index_ = 0;
  std::int64_t clock_told_ns_ = 0;
  bool is_listed_ = false;
  std::string last_error_;
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  ///< gone after stop(): queued handlers do nothing
};

}  // namespace lockstep::feeds::binance
