// Ways to a target.
#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/alerts/outbox.hpp"
#include "engine/config_alerts.hpp"

namespace lockstep::engine::alerts {

/// How one attempt ended.
struct Outcome {
  std::string error;        ///< empty: it has arrived. Without secrets: no path of an address, no key
  bool is_refused = false;  ///< the target is there and does not want this one: others may fare better
  std::optional<std::chrono::seconds> retry_after;  ///< the target asked for it
};

/// One attempt at a time. Lives on the alert thread.
class Courier {
 public:
  using Done = std::function<void(const Outcome&)>;
  virtual ~Courier() = default;
  /// Calls `done` once, from the io_context, unless cancel() came first.
  virtual void send(const Delivery& delivery, Done done) = 0;
  virtual void cancel() = 0;
};

/// POST over HTTP or HTTPS (chain and host name checked), a connection each. With the headers X-Lockstep-Id,
/// X-Lockstep-Timestamp and, where there is a secret, X-Lockstep-Signature. Any 2xx is arrival; redirects are
/// not followed. Throws std::invalid_argument for an address or ca_file that cannot be used.
std::unique_ptr<Courier> make_webhook(boost::asio::io_context& io, const AlertTarget& target);
/// Starts a program without a shell, the body on its standard input, the id in LOCKSTEP_ALERT_ID. Exit code 0
/// within the time limit is arrival; beyond it the program and what it started are killed.
std::unique_ptr<Courier> make_command(boost::asio::io_context& io, const AlertTarget& target);

/// The one of the target's kind; null for the log.
std::unique_ptr<Courier> make_courier(boost::asio::io_context& io, const AlertTarget& target);

/// "sha256=" and the HMAC-SHA256 of "TIMESTAMP.BODY" in hexadecimal.
std::string signature(std::string_view secret, std::string_view timestamp, std::string_view body);

}  // namespace lockstep::engine::alerts
