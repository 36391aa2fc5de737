// Questions about the past that wait for their answers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/api/api_server.hpp"

namespace lockstep::engine {

/// Gives each question a deadline; an answer that comes later, or after the server has gone, is dropped. One
/// thread. A connection has at most one question open, so the number of clients bounds the table.
class HistoryDesk {
 public:
  using Ask = std::function<void(const HistoryQuery&, HistoryFormat, HistoryDone)>;
  /// nullptr: the deadline passed, or there is nobody to ask.
  using Done = std::function<void(const std::string*)>;

  HistoryDesk(boost::asio::io_context& io, Ask ask, std::chrono::milliseconds deadline)
      : io_(io), ask_(std::move(ask)), deadline_(deadline) {}

  void ask(const HistoryQuery& query, HistoryFormat format, Done done) {
    if (!ask_) return done(nullptr);
    const std::uint64_t id = ++last_id_;
    auto& question = open_->emplace(id, Question{boost::asio::steady_timer(io_, deadline_), std::move(done)})
                         .first->second;
    question.timer.async_wait([open = open_, id](boost::system::error_code error) {
      if (!error) finish(*open, id, nullptr);
    });
    ask_(query, std::move(format), [open = open_, id](const std::string& text) { finish(*open, id, &text); });
  }
  /// Forgets all questions without calling anybody.
  void clear() { open_->clear(); }

 private:
  struct Question {
    boost::asio::steady_timer timer;
    Done done;
  };
  using Open = std::unordered_map<std::uint64_t, Question>;

  static void finish(Open& open, std::uint64_t id, const std::string* text) {
    const auto found = open.find(id);
    if (found == open.end()) return;
    const Done done = std::move(found->second.done);
    open.erase(found);
    done(text);
  }

  boost::asio::io_context& io_;
  Ask ask_;
  std::chrono::milliseconds deadline_;
  std::uint64_t last_id_ = 0;
  std::shared_ptr<Open> open_ = std::make_shared<Open>();
};

}  // namespace lockstep::engine
