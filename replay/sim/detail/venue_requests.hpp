// What one websocket connection asked for, in the protocols other than Binance's.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "replay/sim/detail/stream_requests.hpp"

namespace lockstep::sim {

/// Whether the venue serves websockets at `path`.
bool is_web_path(Dialect dialect, std::string_view path);

/// One thread. Text, model, publisher and subscriber must outlive it.
class VenueRequests final : public ClientRequests {
 public:
  VenueRequests(const MarketModel& model, const VenueText& text, Publisher& publisher, Subscriber& subscriber)
      : model_(model), text_(text), publisher_(publisher), subscriber_(subscriber) {}

  std::vector<std::string> greeting() const override;
  std::vector<std::string> answer(std::string_view message) override;
  std::vector<std::string> heartbeat(std::int64_t venue_now_ms) override;
  void clear() override;

 private:
  using Texts = std::vector<std::string>;
  Texts answer_bybit(std::string_view message);
  Texts answer_okx(std::string_view message);
  Texts answer_coinbase(std::string_view message);
  Texts answer_kraken(std::string_view message);
  std::string coinbase_echo() const;
  void subscribe(int symbol, int interval);

  const MarketModel& model_;
  const VenueText& text_;
  Publisher& publisher_;
  Subscriber& subscriber_;
  std::set<StreamKey> keys_;
  std::int64_t heartbeats_ = 0;
  bool wants_heartbeats_ = false;
};

}  // namespace lockstep::sim
