// One client: HTTP with keep-alive until it upgrades, a websocket from then on.
#pragma once

#include <array>
#include <atomic>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "replay/sim/detail/publisher.hpp"
#include "replay/sim/detail/rest_api.hpp"
#include "replay/sim/detail/stream_requests.hpp"
#include "replay/sim/detail/transport.hpp"
#include "replay/sim/detail/web_frames.hpp"

namespace lockstep::sim {

/// What every connection of a server shares; it must outlive them.
struct ConnectionContext {
  const MarketModel& model;
  const VenueText& text;
  const VenueClock& clock;
  Publisher& publisher;
  RestApi& rest;
  std::atomic<int>& web_connections;
  std::chrono::milliseconds ping_interval;
  std::chrono::milliseconds pong_timeout;
  std::size_t messages_per_second_max;  ///< text, ping and pong from the client; one more disconnects
  std::size_t queue_bytes_max;          ///< waiting to be sent; a client further behind is disconnected
  FaultScript* faults = nullptr;        ///< null: nothing goes wrong
};

/// Lives on the server's thread, kept alive by its own operations.
class Connection final : public Subscriber, public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(std::unique_ptr<Transport> transport, ConnectionContext& context);

  void start();
  /// Ends it now, without a close frame.
  void cut();
  bool is_web() const { return requests_ != nullptr; }
  bool is_cut() const { return is_cut_; }
  /// Pings, missing pongs, clients that say nothing. To be called regularly.
  void sweep(Clock::time_point now);

  bool deliver(KlineFrame& frame) override;
  void flush() override;

 private:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  struct Ping {
    std::string payload;
    Clock::time_point sent;
  };

  void read();
  void take_input();
  bool take_request();  // false: no whole request in the input
  void new_parser();
  void serve(const Request& request);
  void reply(const Request& request, const RestReply& reply);
  void faulty_reply(const Request& request, VenueFault fault);
  std::optional<VenueFault> fault_at(FaultPlace place) {
    return context_.faults == nullptr ? std::nullopt : context_.faults->next(place);
  }
  bool is_upgrade_faulty(const Request& request);
  bool deliver_faulty(KlineFrame& frame);
  void upgrade(const Request& request);
  bool take_message();
  void on_message(WebOpcode opcode, const std::string& payload);
  bool is_over_rate(Clock::time_point now);
  void send_texts(const std::vector<std::string>& texts);
  std::string with_sequence(std::string text);
  void send_frame(WebOpcode opcode, std::string_view payload);
  void disconnect(std::uint16_t code, std::string_view reason);

  std::unique_ptr<Transport> transport_;
  ConnectionContext& context_;
  std::array<char, 16 * 1024> read_buffer_{};
  std::string input_;
  std::string waiting_, sending_;
  std::optional<Parser> parser_;
  std::unique_ptr<ClientRequests> requests_;
  WebFrameReader frames_;
  std::deque<Clock::time_point> recent_messages_;
  std::deque<Ping> pings_;  // sent and not answered
  Clock::time_point last_ping_;
  Clock::time_point last_input_;
  Clock::time_point last_heartbeat_;
  std::int64_t sequence_ = 0;  // of frames, for a venue that numbers them
  bool is_dirty_ = false;      // frames delivered since the last flush
  bool is_last_send_ = false;  // close when all is sent
  bool is_cut_ = false;
  std::optional<VenueFault> upgrade_fault_;   // of its whole life
  std::optional<Clock::time_point> ends_at_;  // as announced
};

}  // namespace lockstep::sim
