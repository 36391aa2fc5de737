// Questions to the shards that wait for their answers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <unordered_map>

#include "engine/signal.hpp"

namespace lockstep::engine {

/// Gives each question a number and a deadline. One thread. A connection has at most one question open, so
/// the number of clients bounds the table.
class DetailDesk {
 public:
  using Ask = std::function<void(const DetailRequest&)>;
  /// nullptr: the deadline passed.
  using Done = std::function<void(const DetailAnswer*)>;

  DetailDesk(boost::asio::io_context& io, Ask ask, std::chrono::milliseconds deadline)
      : io_(io), ask_(std::move(ask)), deadline_(deadline) {}

  /// Calls `done` once: with the answer, or after the deadline. Never before this returns, unless there is
  /// nobody to ask.
  void ask(core::SeriesId series, Done done);
  /// Answers that nobody waits for any more are dropped.
  void answer(const DetailAnswer& answer);
  /// Forgets all questions without calling anybody.
  void clear() { open_.clear(); }

 private:
  struct Question {
    boost::asio::steady_timer timer;
    Done done;
  };
  void finish(std::uint64_t request_id, const DetailAnswer* answer);

  boost::asio::io_context& io_;
  Ask ask_;
  std::chrono::milliseconds deadline_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, Question> open_;
};

}  // namespace lockstep::engine
