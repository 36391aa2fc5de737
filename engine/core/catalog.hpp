// Which series there are. Grows while a daemon runs; read by every thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/core/event.hpp"
#include "engine/core/interval.hpp"

namespace lockstep::core {

/// One (venue, symbol, interval).
struct Series {
  SeriesId id = 0;
  std::uint32_t venue_index = 0;  ///< into Catalog::venues()
  std::string venue;              ///< as the configuration names it: binance_spot
  std::string symbol;             ///< the venue's text, upper case where the venue's is
  Interval interval;
};

/// The series by their dense ids, in the order in which they came. An id is that series' for ever.
///
/// Until make_room() it belongs to one thread. From then on its venues and the place of every series are
/// fixed: one thread may add, all others may read meanwhile. A series is there for them before anything that
/// carries its id can reach them, since that comes by way of a queue.
class Catalog {
 public:
  Catalog() = default;
  Catalog(Catalog&&) noexcept = default;
  Catalog& operator=(Catalog&&) noexcept = default;

  /// Adds a venue that may have no series yet; its index.
  std::uint32_t add_venue(std::string_view venue);
  /// Adds a series; nothing when it is there already. After make_room() also when there is no room, or the
  /// venue is none of venues().
  std::optional<SeriesId> add(std::string_view venue, std::string_view symbol, Interval interval);
  /// For so many series more, while threads read.
  void make_room(std::size_t more);
  /// Series that fit in all; 0 before make_room().
  std::size_t capacity() const { return capacity_; }

  std::span<const Series> series() const { return {series_.data(), size()}; }
  const Series& operator[](SeriesId id) const { return series_.data()[id]; }
  std::size_t size() const { return shared_->size.load(std::memory_order_acquire); }
  const std::vector<std::string>& venues() const { return venues_; }
  std::optional<SeriesId> find(std::string_view venue, std::string_view symbol, Interval interval) const;

 private:
  struct Shared {
    std::atomic<std::size_t> size{0};
    mutable std::shared_mutex mutex;  ///< of ids
    std::unordered_map<std::string, SeriesId> ids;
  };

  std::vector<Series> series_;  ///< never moved once there is room
  std::size_t capacity_ = 0;
  std::vector<std::string> venues_;
  std::unique_ptr<Shared> shared_ = std::make_unique<Shared>();
};

}  // namespace lockstep::core
