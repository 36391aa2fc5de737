#include "feeds/venue_feed.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <random>
#include <stdexcept>

#include "engine/core/decimal.hpp"
#include "engine/core/defence.hpp"
#include "feeds/net/clock.hpp"
#include "feeds/net/escape.hpp"
#include "feeds/symbol_patterns.hpp"
#include "feeds/venue_http.hpp"

namespace lockstep::feeds {
namespace {

using core::Reason;
using core::SeriesId;
using std::chrono::milliseconds;

constexpr milliseconds kBackoffBase{500};
constexpr milliseconds kClockPeriod{100};
/// While the queue has no room for what a series must be told.
constexpr milliseconds kFlushPeriod{5};
/// A list that does not end is none.
constexpr int kListingPagesMax = 100;
/// Connections of a feed are replaced at different times.
constexpr int kLifetimeSpreadMinutes = 30;

std::int64_t wall_ms() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(wall).count();
}

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

std::optional<core::Interval> roll_up_interval(const Venue& venue, const FeedConfig& config) {
  if (config.roll_up_from.empty()) return std::nullopt;
  const auto interval = core::Interval::parse(config.roll_up_from);
  if (interval && venue.has_interval(*interval)) return interval;
  throw std::invalid_argument(fmt::format("feed roll_up_from = '{}': {} has no such interval",
                                          net::escape(config.roll_up_from), venue.rules().name));
}

net::Url websocket_url(const Venue& venue, const FeedConfig& config) {
  const std::string text = config.ws_url.empty() ? std::string(venue.rules().ws_url) : config.ws_url;
  net::Url url = net::parse_url(text, net::UrlKind::websocket);
  const std::string refusal = venue.refuse_endpoint(url.host, url.path);
  if (!refusal.empty()) throw std::invalid_argument(fmt::format("url '{}': {}", net::escape(text), refusal));
  return url;
}

}  // namespace

VenueFeed::VenueFeed(boost::asio::io_context& io, const Venue& venue, const FeedConfig& config,
                     const core::Catalog& catalog, std::vector<SeriesId> series, EventSink& sink,
                     FeedTiming timing)
    : io_(io),
      venue_(venue),
      config_(config),
      catalog_(catalog),
      series_(std::move(series)),
      timing_(std::move(timing)),
      outlet_(sink, catalog.size()),
      rest_(venue.make_rest()),
      listing_backoff_(std::min(kBackoffBase, milliseconds(config.backoff_ms_max)),
                       milliseconds(config.backoff_ms_max), random_seed()),
      listing_timer_(io),
      tick_timer_(io),
      standstill_(std::chrono::seconds(config.silence_s)) {
  check(config);
  roll_up_from_ = roll_up_interval(venue, config);
  ws_settings_.url = websocket_url(venue, config);
  const VenueRules& rules = venue.rules();
  ws_settings_.target = ws_settings_.url.path + std::string(rules.ws_path);
  ws_settings_.messages_per_s = rules.messages_per_s;
  const net::HttpSettings http = venue_http_settings(venue, config);
  ws_settings_.tls = http.tls;
  client_ = std::make_shared<net::HttpClient>(io, http);
  Backfiller::Settings backfill;
  backfill.backoff_max = milliseconds(config.backoff_ms_max);
  backfill.backoff_base = std::min(kBackoffBase, backfill.backoff_max);
  backfill.seed = random_seed();
  for (const SeriesId id : series_) {
    if (is_history_rolled(catalog[id])) backfill.rolled_from.emplace(id, *roll_up_from_);
  }
  backfiller_ = std::make_shared<Backfiller>(io, backfill, client_, *rest_, catalog, outlet_);
  backfiller_->use(clock_);
  const auto& names = catalog.venues();
  venue_index_ =
      static_cast<std::uint32_t>(std::find(names.begin(), names.end(), config.venue) - names.begin());
}

void VenueFeed::start() {
  tick();
  ask_listing();
}

void VenueFeed::stop() {
  alive_.reset();
  questions_.clear();
  for (const auto& stream : streams_) stream->stop();
  for (const auto& check : checks_) check->stop();
  if (audit_) audit_->stop();
  backfiller_->stop();
  client_->stop();
  listing_timer_.cancel();
  tick_timer_.cancel();
}

void VenueFeed::request_backfill(const core::BackfillRequest& request) {
  boost::asio::post(io_, [backfiller = std::weak_ptr(backfiller_), request] {
    if (const auto alive = backfiller.lock()) alive->request(request);
  });
}

void VenueFeed::ask_listing() {
  is_reading_list_ = true;
  const RestSource::Target target = rest_->listing_target(listing_cursor_);
  // The client calls nothing after its stop(), which comes before this object goes.
  client_->get(target.path, target.weight, [this](net::HttpResult result) {
    std::string error = std::move(result.error);
    if (error.empty()) error = take_listing_page(result.body);
    if (!error.empty()) return listing_failed(error);
    if (!listing_cursor_.empty()) return ask_listing();
    if (2 * names_.size() < std::exchange(names_before_, names_.size())) {
      return listing_failed("the symbol list is less than half of what it was");  // the next one decides
    }
    last_error_.clear();
    listing_backoff_.reset();
    listing_pages_ = 0;
    is_reading_list_ = false;
    known_ = std::exchange(found_, {});
    bool is_sure = true;
    if (is_listed_) {
      is_sure = follow_listing();
    } else {
      is_listed_ = true;
      tell_listing();
      std::vector<SeriesId> listed;
      std::copy_if(series_.begin(), series_.end(), std::back_inserter(listed),
                   [this](SeriesId id) { return !outlet_.is_rejected(id); });
      start_streams(listed);
      start_checks(listed);
      start_audit();
    }
    names_.clear();
    answer_questions("");
    offer_new_symbols();
    ask_clock();
    backfiller_->wake();
    if (timing_.listing_every.count() > 0) {
      plan_listing(is_sure ? timing_.listing_every : timing_.listing_confirm);
    }
  });
}

void VenueFeed::listing_failed(const std::string& error) {
  listing_cursor_.clear();
  listing_pages_ = 0;
  is_reading_list_ = false;
  found_.clear();
  names_.clear();
  const milliseconds wait = listing_backoff_.next();
  last_error_ = fmt::format("{}: symbol list: {}", venue_.rules().name, error);
  net::log()->warn("{}; next attempt in {} ms", last_error_, wait.count());
  answer_questions(error);
  plan_listing(wait);
}

void VenueFeed::plan_listing(milliseconds wait) {
  listing_timer_.expires_after(wait);
  listing_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code cancelled) {
    if (!cancelled && !alive.expired()) ask_listing();
  });
}

std::string VenueFeed::take_listing_page(std::string& body) {
  if (++listing_pages_ > kListingPagesMax) return fmt::format("more than {} pages", kListingPagesMax);
  return rest_->parse_listing(
      body,
      [&](const ListedSymbol& listed) {
        if (listed.is_trading) names_.emplace_back(listed.symbol);
        int scale = -1;
        if (core::decimal_scale(listed.tick_size, scale) != core::DecimalStatus::ok) scale = -1;
        found_.insert_or_assign(std::string(listed.symbol), Listed{listed.is_trading, scale});
      },
      listing_cursor_);
}

bool VenueFeed::is_history_rolled(const core::Series& series) const {
  return roll_up_from_ && !venue_.has_interval(series.interval) && venue_.has_bar_stream(*roll_up_from_) &&
         RollUp::divides(*roll_up_from_, series.interval);
}

Reason VenueFeed::reason_of(const core::Series& series) const {
  if (!venue_.has_interval(series.interval) && !is_history_rolled(series)) return Reason::interval_unknown;
  return reason_of_symbol(series.symbol);
}

/// Tells every series what the venue's list says of it. Nothing is told before the whole list has been read.
void VenueFeed::tell_listing() {
  for (const SeriesId id : series_) {
    const core::Series& series = catalog_[id];
    const Reason reason = reason_of(series);
    if (reason == Reason::none) {
      outlet_.listed(id, known_.find(series.symbol)->second.price_scale);
      continue;
    }
    outlet_.rejected(id, reason);
    net::log()->error("{}: {} {} is rejected: {}{}", venue_.rules().name, net::escape(series.symbol),
                      series.interval.text(), core::to_string(reason), nearest_to(series));
  }
}

/// "; 'BTCUSDT' is near", where the list has something like an unknown symbol.
std::string VenueFeed::nearest_to(const core::Series& series) const {
  if (known_.contains(series.symbol)) return "";
  const std::string nearest = nearest_to_name(series.symbol);
  return nearest.empty() ? "" : fmt::format("; '{}' is near", net::escape(nearest));
}

/// What has changed since the list was read before. False: a series is missing for the first time.
bool VenueFeed::follow_listing() {
  bool is_sure = true;
  std::vector<SeriesId> listed_again;
  for (const SeriesId id : series_) {
    const core::Series& series = catalog_[id];
    const Reason reason = reason_of(series);
    const bool is_gone = reason == Reason::symbol_unknown || reason == Reason::symbol_not_trading;
    if (!is_gone) missing_.erase(id);
    if (outlet_.is_up(id)) refused_.erase(id);
    if (reason == Reason::none && outlet_.is_rejected(id)) {
      net::log()->info("{}: {} {} is listed now", venue_.rules().name, net::escape(series.symbol),
                       series.interval.text());
      outlet_.listed(id, known_.find(series.symbol)->second.price_scale);
      listed_again.push_back(id);
    } else if (is_gone && !outlet_.is_rejected(id)) {
      // One list alone may be wrong.
      if (missing_.insert(id).second && LOCKSTEP_DEFENCE(two_lists)) {
        is_sure = false;
        continue;
      }
      missing_.erase(id);
      net::log()->error("{}: {} {} has ended: {}", venue_.rules().name, net::escape(series.symbol),
                        series.interval.text(), core::to_string(reason));
      outlet_.rejected(id, reason);
    }
  }
  std::erase_if(streams_, [](const auto& stream) { return !stream->has_wanted(); });
  resume(listed_again);
  return is_sure;
}

/// A symbol that is listed was refused: the list is too old, or that answer was wrong. Read again soon it
/// tells which, and what trades is asked for once more; if that is refused as well, at the list's own pace.
void VenueFeed::doubt_list(SeriesId id) {
  const auto now = std::chrono::steady_clock::now();
  if (!refused_.insert(id).second || is_reading_list_ || timing_.listing_every.count() == 0) return;
  if (listing_timer_.expiry() > now + timing_.listing_confirm) plan_listing(timing_.listing_confirm);
}

/// Streams that know the series ask for it again; for the rest there is a new one.
void VenueFeed::resume(const std::vector<SeriesId>& listed_again) {
  std::vector<SeriesId> rest;
  for (const SeriesId id : listed_again) {
    // It was had before: perhaps only the machine at the other end of that connection does not know it.
    const bool is_doubtful = refused_.contains(id) && outlet_.was_up(id);
    const bool is_known =
        std::any_of(streams_.begin(), streams_.end(),
                    [id, is_doubtful](const auto& stream) { return stream->resume(id, is_doubtful); });
    if (!is_known) rest.push_back(id);
  }
  start_streams(rest);
  start_checks(listed_again);
}

/// Beside their bars, the trades of some symbols: on connections of their own, so that what is heard of one
/// says nothing about the other.
void VenueFeed::start_checks(const std::vector<SeriesId>& listed) {
  std::vector<SeriesId> checked;
  std::copy_if(listed.begin(), listed.end(), std::back_inserter(checked), [this](SeriesId id) {
    const core::Series& series = catalog_[id];
    const bool is_known =
        std::any_of(checks_.begin(), checks_.end(), [id](const auto& check) { return check->resume(id); });
    return !is_known && (venue_.has_bar_stream(series.interval) || roll_up_from_) &&
           std::any_of(config_.cross_check.begin(), config_.cross_check.end(),
                       [&](const std::string& pattern) { return matches(pattern, series.symbol); });
  });
  const auto step = static_cast<std::size_t>(config_.streams_max);
  for (std::size_t begin = 0; begin < checked.size(); begin += step) {
    const auto first = checked.begin() + static_cast<std::ptrdiff_t>(begin);
    LinkSettings settings = link_settings(checks_.size() + 1);
    settings.name = fmt::format("{} trades {}", venue_.rules().name, checks_.size() + 1);
    checks_.push_back(std::make_unique<TradeCheck>(
        io_, venue_, catalog_, outlet_, std::move(settings),
        std::vector<SeriesId>(
            first, checked.begin() + static_cast<std::ptrdiff_t>(std::min(begin + step, checked.size())))));
    checks_.back()->start();
  }
}

/// Once a list: what a clock drifts in minutes is nothing, and a step of ours shows at once.
void VenueFeed::ask_clock() {
  const RestSource::Target target = rest_->time_target();
  client_->get(target.path, target.weight, [this](net::HttpResult result) {
    std::int64_t server_ms = 0;
    if (!result.error.empty() || !rest_->parse_time(result.body, server_ms).empty()) return;
    const std::int64_t now_ns = net::monotonic_ns();
    offset_.note(server_ms, result.sent_ns, now_ns);
    const auto offset_ms = offset_.ms(wall_ms(), now_ns);
    const std::int64_t limit_ms = config_.clock_offset_ms_max;
    if (limit_ms == 0 || std::abs(*offset_ms) - offset_.uncertainty_ms() <= limit_ms) return;
    net::log()->warn(
        "{}: this machine's clock is {} ms {} the venue's (limit {} ms, known to {} ms); bars and signals do "
        "not "
        "depend on it, what is shown as lag does: is its time synchronised?",
        venue_.rules().name, std::abs(*offset_ms), *offset_ms > 0 ? "ahead of" : "behind", limit_ms,
        offset_.uncertainty_ms());
  });
}

void VenueFeed::start_audit() {
  std::vector<SeriesId> series;
  std::copy_if(series_.begin(), series_.end(), std::back_inserter(series),
               [this](SeriesId id) { return venue_.has_interval(catalog_[id].interval); });
  BarAudit::Settings settings{.every = timing_.audit_every,
                              .confirm = timing_.audit_confirm,
                              .is_busy = [this] { return backfiller_->is_busy(); }};
  audit_ = std::make_shared<BarAudit>(io_, std::move(settings), client_, *rest_, catalog_, outlet_,
                                      outlet_.told(), std::move(series));
  audit_->start();
}

LinkSettings VenueFeed::link_settings(std::size_t number) const {
  LinkSettings settings;
  settings.ws = ws_settings_;
  settings.name = fmt::format("{} connection {}", venue_.rules().name, number);
  settings.silence = std::chrono::seconds(config_.silence_s);
  settings.backoff_max = milliseconds(config_.backoff_ms_max);
  settings.backoff_base = std::min(kBackoffBase, settings.backoff_max);
  settings.seed = random_seed();
  settings.tap = config_.tap;
  settings.lifetime -= std::chrono::minutes(settings.seed % kLifetimeSpreadMinutes);
  return settings;
}

void VenueFeed::start_streams(const std::vector<SeriesId>& listed) {
  const auto step = static_cast<std::size_t>(config_.streams_max);
  for (std::size_t begin = 0; begin < listed.size(); begin += step) {
    const auto first = listed.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = listed.begin() + static_cast<std::ptrdiff_t>(std::min(begin + step, listed.size()));
    const std::size_t number = streams_.size() + 1;
    streams_.push_back(std::make_unique<Stream>(
        io_,
        StreamContext{venue_, catalog_, outlet_, clock_, roll_up_from_, timing_.forget_wait,
                      [this](SeriesId id) { doubt_list(id); }},
        [this, number] { return link_settings(number); }, std::vector<SeriesId>(first, last)));
    streams_.back()->start();
  }
}

void VenueFeed::tick() {
  const std::int64_t now_ns = net::monotonic_ns();
  const bool is_flushed = outlet_.flush();
  const std::chrono::nanoseconds pause = standstill_.take(timing_.boottime_ns());
  if (pause.count() > 0 && LOCKSTEP_DEFENCE(standstill)) {
    // What the sockets hold is of before, and the venue may have given us up: nothing is known of the time
    // between.
    const auto pause_s = std::chrono::duration_cast<std::chrono::seconds>(pause).count();
    for (const auto& stream : streams_) {
      stream->drop(Reason::silent, fmt::format("the process stood still for {} s", pause_s));
    }
    for (const auto& check : checks_) check->drop("the process stood still");
  }
  for (const auto& stream : streams_) stream->tick();
  for (const auto& check : checks_) check->tick();
  if (clock_.is_known() && now_ns - clock_told_ns_ >= std::chrono::nanoseconds(kClockPeriod).count()) {
    clock_told_ns_ = now_ns;
    outlet_.clock(venue_index_, clock_.latest_ms(now_ns));
  }
  tick_timer_.expires_after(is_flushed ? kClockPeriod : kFlushPeriod);
  tick_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (!error && !alive.expired()) tick();
  });
}

FeedHealth VenueFeed::health() const {
  FeedHealth health;
  health.venue = venue_.rules().name;
  health.connected = is_listed_;
  health.last_error = last_error_;
  health.records_refused = backfiller_->records_refused();
  const net::HttpClient::Counters& rest = client_->counters();
  health.rest = {rest.requests,
                 rest.errors,
                 rest.waits,
                 rest.wait_ms,
                 backfiller_->requests(),
                 backfiller_->bars_given()};
  for (const auto& stream : streams_) {
    health.connected &= stream->is_subscribed();
    health.reconnects += stream->reconnects();
    const Stream::Counters counters = stream->counters();
    health.frames += counters.frames;
    health.frames_unknown += counters.frames_unknown;
    health.records_refused += counters.records_refused;
    if (health.last_error.empty()) health.last_error = stream->last_error();
  }
  health.clock_offset_ms = offset_.ms(wall_ms(), net::monotonic_ns());
  health.clock_uncertainty_ms = offset_.uncertainty_ms();
  if (audit_) {
    const BarAudit::Counters& audit = audit_->counters();
    health.with_history = {audit.compared, audit.different, audit.absent};
  }
  for (const auto& check : checks_) health.with_trades += check->counters();
  if (clock_.is_known()) {
    const std::int64_t age_ms = (net::monotonic_ns() - clock_.newest_recv_ns()) / 1'000'000;
    health.lag_ms = wall_ms() - age_ms - clock_.newest_ms();
  }
  return health;
}

}  // namespace lockstep::feeds
