// The REST half of the simulated venue: time, ping, symbol list and history.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/sim/detail/bar_history.hpp"
#include "replay/sim/detail/fault_script.hpp"
#include "replay/sim/detail/url_text.hpp"
#include "replay/sim/detail/venue_clock.hpp"
#include "replay/sim/detail/venue_text.hpp"

namespace lockstep::sim {

struct RestReply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json;charset=UTF-8";
  int used_weight = 0;    ///< of the running real minute, this request included
  int retry_after_s = 0;  ///< with status 429
};

/// Answers GET requests. One thread. Clock, history and text must outlive it.
class RestApi {
 public:
  /// weight_max: request weight per real minute; more is answered 429.
  /// is_unlisted: by symbol. faults: null: nothing goes wrong.
  RestApi(const BarHistory& history, const VenueClock& clock, const VenueText& text, int weight_max,
          const std::vector<std::atomic<bool>>& is_unlisted, FaultScript* faults = nullptr)
      : history_(history),
        clock_(clock),
        text_(text),
        weight_max_(weight_max),
        is_unlisted_(is_unlisted),
        faults_(faults) {}

  /// `target` as in the request line: path, question mark, query.
  RestReply get(std::string_view target);

  /// The body of an error answer.
  static RestReply error(int code, std::string_view message, int status = 400);

 private:
  using Query = UrlQuery;

  RestReply route(std::string_view path, const Query& query) const;
  RestReply route_bybit(std::string_view path, const Query& query) const;
  RestReply route_okx(std::string_view path, const Query& query) const;
  RestReply route_coinbase(std::string_view path, const Query& query) const;
  RestReply route_kraken(std::string_view path, const Query& query) const;
  /// Rows of history, joined by commas.
  std::string rows(int symbol, int interval, std::optional<std::int64_t> from_ms,
                   std::optional<std::int64_t> to_ms, std::size_t limit, bool is_newest_first) const;
  /// An entry a symbol, joined by commas.
  std::string symbol_list(const std::function<std::string(const SymbolSpec&, int symbol)>& entry) const;
  bool is_listed(int symbol) const { return !is_unlisted_[static_cast<std::size_t>(symbol)]; }
  /// The first symbol is left out of this list. To be asked once a list.
  bool is_first_left_out() const;
  /// What is wrong with a page of history, oldest first.
  void spoil(std::vector<SimBar>& page) const;
  /// What was traded of a symbol in a day, in the quote currency: the first one most.
  static std::int64_t quote_volume(int symbol) { return 1'000'000'000 / (symbol + 1); }
  RestReply tickers() const;
  RestReply klines(const Query& query) const;
  RestReply exchange_info(const Query& query) const;
  int weight_of(std::string_view path, const Query& query) const;
  bool is_spot() const { return text_.dialect() == Dialect::binance_spot; }

  const BarHistory& history_;
  const VenueClock& clock_;
  const VenueText& text_;
  int weight_max_;
  const std::vector<std::atomic<bool>>& is_unlisted_;
  FaultScript* const faults_;
  int used_weight_ = 0;
  std::int64_t weight_minute_ = -1;
};

}  // namespace lockstep::sim
