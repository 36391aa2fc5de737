// Questions to other threads that wait for their answers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

namespace lockstep::engine {

/// Gives each question a deadline; an answer that comes later, or after the server has gone, is dropped. One
/// thread. A connection has at most one question open, so the number of clients bounds the table.
template <class Answer>
class AnswerDesk {
 public:
  /// nullptr: the deadline passed.
  using Done = std::function<void(const Answer*)>;

  AnswerDesk(boost::asio::io_context& io, std::chrono::milliseconds deadline)
      : io_(io), deadline_(deadline) {}

  /// `put` is called at once with the function that takes the answer, on this thread.
  template <class Put>
  void ask(const Put& put, Done done) {
    const std::uint64_t id = ++last_id_;
    auto& question = open_->emplace(id, Question{boost::asio::steady_timer(io_, deadline_), std::move(done)})
                         .first->second;
    question.timer.async_wait([open = open_, id](boost::system::error_code error) {
      if (!error) finish(*open, id, nullptr);
    });
    put([open = open_, id](const Answer& answer) { finish(*open, id, &answer); });
  }
  /// Forgets all questions without calling anybody.
  void clear() { open_->clear(); }

 private:
  struct Question {
    boost::asio::steady_timer timer;
    Done done;
  };
  using Open = std::unordered_map<std::uint64_t, Question>;

  static void finish(Open& open, std::uint64_t id, const Answer* answer) {
    const auto found = open.find(id);
    if (found == open.end()) return;
    const Done done = std::move(found->second.done);
    open.erase(found);
    done(answer);
  }

  boost::asio::io_context& io_;
  std::chrono::milliseconds deadline_;
  std::uint64_t last_id_ = 0;
  std::shared_ptr<Open> open_ = std::make_shared<Open>();
};

}  // namespace lockstep::engine
