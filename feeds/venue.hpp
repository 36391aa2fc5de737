// What differs between venues, apart from parsing: rules, requests, REST. A venue is one folder that fills
// this in; docs/feeds.md says how.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/interval.hpp"
#include "feeds/frame.hpp"
#include "feeds/rest_source.hpp"

namespace lockstep::feeds {

/// One thing to subscribe: the bars of a symbol at an interval, or its trades.
struct Topic {
  std::string symbol;
  std::string interval;  ///< as lockstep writes it; empty: the trades of the symbol
};

/// How trade ids of a venue go on.
enum class TradeIds : std::uint8_t {
  dense,  ///< +1 a trade and symbol: a jump is a lost trade
  free,   ///< nothing can be told from them but that two records are the same trade
};

/// The venue's limits and habits. Sources are named where they are filled in.
struct VenueRules {
  std::string_view name;                ///< in the configuration
  std::string_view ws_url;              ///< the venue's own endpoint
  std::string_view ws_path;             ///< what follows the endpoint's (or configured) prefix
  std::string_view rest_url;            ///< the venue's own
  int weight_per_minute = 0;            ///< REST request weight that the venue allows an address
  int requests_per_s = 0;               ///< REST requests a second that it allows; 0: only the weight counts
  int messages_per_s = 5;               ///< that a connection may send it, control frames included
  std::size_t topics_per_request = 50;  ///< one that is refused is halved until the culprit is known
  bool is_one_request_at_a_time = false;    ///< its errors do not say which request they are about
  std::chrono::milliseconds ping_every{0};  ///< our own ping message, beside websocket pings; 0: none
  bool has_bar_times = true;                ///< frames with bars say when they were sent
  TradeIds trade_ids = TradeIds::dense;
};

/// One venue. Stateless and immutable: any thread may use it.
class Venue {
 public:
  virtual ~Venue() = default;

  const VenueRules& rules() const { return rules_; }
  virtual std::unique_ptr<FrameParser> make_parser() const = 0;
  virtual std::unique_ptr<RestSource> make_rest() const = 0;

  /// The venue's history has bars of this length.
  virtual bool has_interval(const core::Interval& interval) const = 0;
  /// It pushes them as well; where it does not, they are made from trades.
  virtual bool has_bar_stream(const core::Interval& interval) const { return has_interval(interval); }
  /// Why this endpoint cannot be used; empty: it can.
  virtual std::string refuse_endpoint(std::string_view /*host*/, std::string_view /*path*/) const {
    return "";
  }

  /// An error answer means that a topic of the request is not there, not that the connection is in trouble.
  virtual bool is_topic_error(const Reply& /*reply*/) const { return true; }

  /// The messages that subscribe `topics`, in one request `id`. Symbols come from the venue's own list.
  virtual std::vector<std::string> subscribe(std::int64_t id, std::span<const Topic> topics) const = 0;
  /// What is said first on each new connection, before the subscriptions.
  virtual std::vector<std::string> greeting() const { return {}; }
  /// Our ping, where ping_every asks for one.
  virtual std::string ping() const { return ""; }

 protected:
  explicit Venue(const VenueRules& rules) : rules_(rules) {}

 private:
  VenueRules rules_;
};

/// Every venue, in the order of the list in feeds/CMakeLists.txt.
const std::vector<const Venue*>& venues();
/// By rules().name; null: not one of ours.
const Venue* find_venue(std::string_view name);
/// Its name, or the name of a family whose frames are the same on all of its venues ("bybit"), for reading
/// frames.
const Venue* find_frame_venue(std::string_view name);
/// What find_frame_venue() knows.
std::vector<std::string> frame_venue_names();

}  // namespace lockstep::feeds
