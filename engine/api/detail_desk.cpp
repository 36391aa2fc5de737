#include "engine/api/detail_desk.hpp"

#include <utility>

namespace lockstep::engine {

void DetailDesk::ask(core::SeriesId series, Done done) {
  if (!ask_) return done(nullptr);
  const std::uint64_t id = ++last_id_;
  auto& question =
      open_.emplace(id, Question{boost::asio::steady_timer(io_, deadline_), std::move(done)}).first->second;
  question.timer.async_wait([this, id](boost::system::error_code error) {
    if (!error) finish(id, nullptr);  // cancelled means answered, or that this desk is gone
  });
  ask_({series, id});
}

void DetailDesk::answer(const DetailAnswer& answer) {
  finish(answer.request_id, &answer);
}

void DetailDesk::finish(std::uint64_t request_id, const DetailAnswer* answer) {
  const auto found = open_.find(request_id);
  if (found == open_.end()) return;
  const Done done = std::move(found->second.done);
  open_.erase(found);
  done(answer);
}

}  // namespace lockstep::engine
