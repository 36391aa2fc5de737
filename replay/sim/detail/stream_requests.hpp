// What one websocket connection asked for: SUBSCRIBE and its relatives.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/sim/detail/publisher.hpp"

namespace lockstep::sim {

/// What a connection may ask of any venue. Texts come back as they are to be sent, one a frame.
class ClientRequests {
 public:
  virtual ~ClientRequests() = default;
  /// What the venue says first.
  virtual std::vector<std::string> greeting() const { return {}; }
  /// Answers one text message.
  virtual std::vector<std::string> answer(std::string_view message) = 0;
  /// What it says each second.
  virtual std::vector<std::string> heartbeat(std::int64_t /*venue_now_ms*/) { return {}; }
  /// As if the venue's list had one symbol too many: the last one's subscriptions are refused.
  void refuse_last_symbol(bool is_refused) { is_last_refused_ = is_refused; }
  /// Drops every subscription.
  virtual void clear() = 0;
  /// Events are wrapped as {"stream":...,"data":...}.
  virtual bool is_combined() const { return false; }

 protected:
  bool is_refused(const MarketModel& model, int symbol) const {
    return is_last_refused_ && symbol == model.size() - 1;
  }

 private:
  bool is_last_refused_ = false;
};

/// Binance's. One thread. Model, publisher and subscriber must outlive it; clear() must be called before the
/// subscriber goes.
class StreamRequests final : public ClientRequests {
 public:
  static constexpr std::size_t kStreamsMax = 1024;

  /// pushes_klines false: everything is acked and nothing comes, as on a retired URL.
  StreamRequests(const MarketModel& model, Dialect dialect, Publisher& publisher, Subscriber& subscriber,
                 bool pushes_klines, bool is_combined)
      : model_(model),
        dialect_(dialect),
        publisher_(publisher),
        subscriber_(subscriber),
        pushes_klines_(pushes_klines),
        is_combined_(is_combined) {}

  bool is_combined() const override { return is_combined_; }
  /// Subscribes names from the URL. False when one is malformed or they are too many.
  bool subscribe_all(const std::vector<std::string>& names);
  std::vector<std::string> answer(std::string_view message) override { return {reply(message)}; }
  void clear() override;

 private:
  std::string reply(std::string_view message);
  std::optional<StreamKey> stream_key(std::string_view name) const;
  void subscribe(const std::string& name);
  void unsubscribe(const std::string& name);
  std::string error(int code, std::string_view message, std::string_view id_text) const;

  const MarketModel& model_;
  Dialect dialect_;
  Publisher& publisher_;
  Subscriber& subscriber_;
  bool pushes_klines_;
  bool is_combined_;
  std::map<std::string, std::optional<StreamKey>> streams_;  // without a key: acked, never pushed
};

}  // namespace lockstep::sim
