// Series that join and leave a Stream while it runs.
#include <algorithm>

#include "feeds/stream.hpp"

namespace lockstep::feeds {

using core::SeriesId;

void Stream::add(SeriesId id) {
  const std::size_t topics_before = topics_.size();
  const TopicIndex topic = add_series(id);
  const bool is_new = topic >= topics_before;
  // What came meanwhile was passed over, so what was seen before proves nothing.
  if (!is_new && states_[topic].series.size() == 1) begin_anew(topic);
  if (is_acknowledged(topic)) return context_.outlet.stream_up(id);
  for (Connection* const connection : {connection_.get(), next_.get()}) {
    if (connection != nullptr) connection->subscribe_again(topic);
  }
}

void Stream::forget(SeriesId id) {
  for (TopicState& state : states_) {
    if (std::erase(state.series, id) == 0) continue;
    if (state.own == id) state.own.reset();
    std::erase_if(state.rolled, [id](const auto& each) { return each.first == id; });
    if (state.trades) std::erase_if(state.trades->bars, [id](const auto& each) { return each.first == id; });
    if (state.series.empty() && !rotate_at_)
      rotate_at_ = std::chrono::steady_clock::now() + context_.forget_wait;
  }
}

bool Stream::has_topic_of(SeriesId id) const {
  const core::Series& series = context_.catalog[id];
  return find(series.symbol, place_of(series).interval_text).has_value();
}

std::size_t Stream::series_count() const {
  std::size_t count = 0;
  for (const TopicState& state : states_) count += state.series.size();
  return count;
}

}  // namespace lockstep::feeds
