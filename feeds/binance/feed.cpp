#include "feeds/binance/feed.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <map>
#include <random>
#include <stdexcept>

#include "engine/core/decimal.hpp"
#include "feeds/net/clock.hpp"
#include "feeds/net/escape.hpp"
#include "feeds/net/tls.hpp"

namespace lockstep::feeds::binance {
namespace {

using core::Reason;
using core::SeriesId;
using std::chrono::milliseconds;

constexpr milliseconds kBackoffBase{500};
constexpr milliseconds kClockPeriod{100};
/// While the queue has no room for what a series must be told.
constexpr milliseconds kFlushPeriod{5};
/// Half of what the venue allows: others at this address want to live, too (fault R7).
constexpr int kWeightShare = 2;
/// Connections of a feed are replaced at different times.
constexpr int kLifetimeSpreadMinutes = 30;

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

void check(const FeedConfig& config) {
  const auto require = [](bool is_right, const char* key, long value, const char* range) {
    if (!is_right) throw std::invalid_argument(fmt::format("feed {} = {}: must be {}", key, value, range));
  };
  require(config.silence_s >= 1 && config.silence_s <= 86'400, "silence_s", config.silence_s, "1 to 86400");
  require(config.backoff_ms_max >= 1, "backoff_ms_max", config.backoff_ms_max, "at least 1");
  require(config.streams_max >= 1 && config.streams_max <= 1024, "streams_max", config.streams_max,
          "1 to 1024");
}

net::Url websocket_url(const Venue& venue, const FeedConfig& config) {
  const std::string text = config.ws_url.empty() ? std::string(venue.ws_url) : config.ws_url;
  net::Url url = net::parse_url(text, net::UrlKind::websocket);
  // That address still connects and accepts subscriptions, and then never sends a bar.
  if (url.host == "fstream.binance.com" && url.path.empty()) {
    throw std::invalid_argument(fmt::format("url '{}': retired by the venue, it stays silent; write '{}'",
                                            net::escape(text), venue.ws_url));
  }
  return url;
}

}  // namespace

BinanceFeed::BinanceFeed(boost::asio::io_context& io, const Venue& venue, const FeedConfig& config,
                         const core::Catalog& catalog, std::vector<SeriesId> series, EventSink& sink)
    : io_(io),
      venue_(venue),
      config_(config),
      catalog_(catalog),
      series_(std::move(series)),
      outlet_(sink, catalog.size()),
      history_(venue),
      listing_backoff_(std::min(kBackoffBase, milliseconds(config.backoff_ms_max)),
                       milliseconds(config.backoff_ms_max), random_seed()),
      listing_timer_(io),
      tick_timer_(io) {
  check(config);
  ws_settings_.url = websocket_url(venue, config);
  ws_settings_.target = ws_settings_.url.path + "/stream";
  ws_settings_.tls = net::make_tls_context(config.ca_file);
  ws_settings_.messages_per_s = venue.messages_per_s;
  net::HttpSettings http;
  http.url = net::parse_url(config.rest_url.empty() ? venue.rest_url : std::string_view(config.rest_url),
                            net::UrlKind::http);
  http.tls = ws_settings_.tls;
  http.limiter = net::limiter_of_host(fmt::format("{}:{}", http.url.host, http.url.port),
                                      venue.weight_per_minute / kWeightShare);
  client_ = std::make_shared<net::HttpClient>(io, http);
  Backfiller::Settings backfill;
  backfill.backoff_max = milliseconds(config.backoff_ms_max);
  backfill.backoff_base = std::min(kBackoffBase, backfill.backoff_max);
  backfill.seed = random_seed();
  backfiller_ = std::make_shared<Backfiller>(io, backfill, client_, history_, catalog, outlet_);
  if (!series_.empty()) venue_index_ = catalog[series_.front()].venue_index;
  for (const SeriesId id : series_) table_.add(catalog[id].symbol, catalog[id].interval.text(), id);
}

void BinanceFeed::start() {
  tick();
  ask_listing();
}

void BinanceFeed::stop() {
  alive_.reset();
  for (const auto& stream : streams_) stream->stop();
  backfiller_->stop();
  client_->stop();
  listing_timer_.cancel();
  tick_timer_.cancel();
}

void BinanceFeed::request_backfill(const core::BackfillRequest& request) {
  boost::asio::post(io_, [backfiller = std::weak_ptr(backfiller_), request] {
    if (const auto alive = backfiller.lock()) alive->request(request);
  });
}

void BinanceFeed::ask_listing() {
  // The client calls nothing after its stop(), which comes before this object goes.
  client_->get(std::string(venue_.info_target), venue_.info_weight, [this](net::HttpResult result) {
    std::string error = std::move(result.error);
    if (error.empty()) error = take_listing(result.body);
    if (error.empty()) {
      last_error_.clear();
      is_listed_ = true;
      start_streams();
      backfiller_->wake();
      return;
    }
    const milliseconds wait = listing_backoff_.next();
    last_error_ = fmt::format("{}: exchangeInfo: {}", venue_.name, error);
    net::log()->warn("{}; next attempt in {} ms", last_error_, wait.count());
    listing_timer_.expires_after(wait);
    listing_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code cancelled) {
      if (!cancelled && !alive.expired()) ask_listing();
    });
  });
}

/// Tells every series what the venue's list says of it. Nothing is told before the whole list has been read.
std::string BinanceFeed::take_listing(std::string& body) {
  struct Entry {
    bool is_trading;
    int price_scale;  ///< -1: no usable tick size
  };
  std::map<std::string, Entry, std::less<>> wanted, found;
  for (const SeriesId id : series_) wanted[catalog_[id].symbol] = {};
  std::int64_t server_time_ms = 0;
  const ParseResult result =
      rest_parser_.parse_exchange_info(body, server_time_ms, [&](const SymbolInfo& info) {
        if (!wanted.contains(info.symbol)) return;
        int scale = -1;
        if (core::decimal_scale(info.tick_size, scale) != core::DecimalStatus::ok) scale = -1;
        found.insert_or_assign(std::string(info.symbol), Entry{info.status == "TRADING", scale});
      });
  if (!result.is_ok()) return fmt::format("{}: '{}'", result.text(), net::escape(body));
  clock_.note(server_time_ms, net::monotonic_ns());
  for (const SeriesId id : series_) {
    const core::Series& series = catalog_[id];
    const auto entry = found.find(series.symbol);
    Reason reason = Reason::none;
    if (!venue_.has_interval(series.interval.text())) {
      reason = Reason::interval_unknown;
    } else if (entry == found.end()) {
      reason = Reason::symbol_unknown;
    } else if (!entry->second.is_trading) {
      reason = Reason::symbol_not_trading;
    } else if (entry->second.price_scale < 0) {
      reason = Reason::record_unusable;
    }
    if (reason == Reason::none) {
      outlet_.listed(id, entry->second.price_scale);
      continue;
    }
    outlet_.rejected(id, reason);
    net::log()->error("{}: {} {} is rejected: {}", venue_.name, net::escape(series.symbol),
                      series.interval.text(), core::to_string(reason));
  }
  return "";
}

LinkSettings BinanceFeed::link_settings(std::size_t number) const {
  LinkSettings settings;
  settings.ws = ws_settings_;
  settings.name = fmt::format("{} connection {}", venue_.name, number);
  settings.silence = std::chrono::seconds(config_.silence_s);
  settings.backoff_max = milliseconds(config_.backoff_ms_max);
  settings.backoff_base = std::min(kBackoffBase, settings.backoff_max);
  settings.seed = random_seed();
  settings.lifetime -= std::chrono::minutes(settings.seed % kLifetimeSpreadMinutes);
  return settings;
}

void BinanceFeed::start_streams() {
  std::vector<SeriesId> listed;
  for (const SeriesId id : series_) {
    if (!outlet_.is_rejected(id)) listed.push_back(id);
  }
  const auto step = static_cast<std::size_t>(config_.streams_max);
  for (std::size_t begin = 0; begin < listed.size(); begin += step) {
    const auto first = listed.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = listed.begin() + static_cast<std::ptrdiff_t>(std::min(begin + step, listed.size()));
    streams_.push_back(std::make_unique<Stream>(io_, StreamContext{catalog_, table_, outlet_, clock_},
                                                link_settings(streams_.size() + 1),
                                                std::vector<SeriesId>(first, last)));
    streams_.back()->start();
  }
}

void BinanceFeed::tick() {
  const std::int64_t now_ns = net::monotonic_ns();
  const bool is_flushed = outlet_.flush();
  if (clock_.is_known() && now_ns - clock_told_ns_ >= std::chrono::nanoseconds(kClockPeriod).count()) {
    clock_told_ns_ = now_ns;
    outlet_.clock(venue_index_, clock_.now_ms(now_ns));
  }
  tick_timer_.expires_after(is_flushed ? kClockPeriod : kFlushPeriod);
  tick_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (!error && !alive.expired()) tick();
  });
}

FeedHealth BinanceFeed::health() const {
  FeedHealth health;
  health.venue = venue_.name;
  health.connected = is_listed_;
  health.last_error = last_error_;
  health.records_refused = backfiller_->records_refused();
  for (const auto& stream : streams_) {
    health.connected &= stream->is_subscribed();
    health.reconnects += stream->reconnects();
    health.frames += stream->counters().frames;
    health.frames_unknown += stream->counters().frames_unknown;
    health.records_refused += stream->counters().records_refused;
    if (health.last_error.empty()) health.last_error = stream->last_error();
  }
  if (clock_.is_known()) {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t age_ms = (net::monotonic_ns() - clock_.newest_recv_ns()) / 1'000'000;
    health.lag_ms = std::chrono::duration_cast<milliseconds>(wall).count() - age_ms - clock_.newest_ms();
  }
  return health;
}

}  // namespace lockstep::feeds::binance
