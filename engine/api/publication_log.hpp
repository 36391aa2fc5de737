// The last publications that a client which comes back may have missed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "engine/signal.hpp"

namespace lockstep::engine {

/// Numbers all publications of a server, 1, 2, 3 ..., and keeps the last closed bars and states. Open bars
/// are numbered only: of them the newest is enough, and the store has it. One thread.
class PublicationLog {
 public:
  struct Entry {
    std::uint64_t position = 0;
    Signal signal;
  };

  explicit PublicationLog(std::size_t kept_max) : kept_max_(kept_max) {}

  /// Gives the publication's position.
  std::uint64_t add(const Signal& signal) {
    ++last_;
    if (signal.kind == Signal::Kind::open_bar) return last_;
    if (kept_max_ == 0) return dropped_ = last_;
    if (entries_.size() == kept_max_) {
      dropped_ = entries_.front().position;
      entries_.pop_front();
    }
    entries_.push_back({last_, signal});
    return last_;
  }

  /// Of the last publication; 0 before the first.
  std::uint64_t last() const { return last_; }
  /// Everything that was kept after `position` is here still.
  bool reaches(std::uint64_t position) const { return position >= dropped_ && position <= last_; }
  /// The first entry after `position` that `wanted` takes; null: none.
  template <class Wanted>
  const Entry* next(std::uint64_t position, const Wanted& wanted) const {
    std::size_t low = 0;
    for (std::size_t high = entries_.size(); low < high;) {
      const std::size_t middle = (low + high) / 2;
      if (entries_[middle].position > position) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    for (; low < entries_.size(); ++low) {
      if (wanted(entries_[low].signal)) return &entries_[low];
    }
    return nullptr;
  }

 private:
  std::size_t kept_max_;
  std::uint64_t last_ = 0;
  std::uint64_t dropped_ = 0;  // position of the newest entry that is gone
  std::deque<Entry> entries_;
};

}  // namespace lockstep::engine
