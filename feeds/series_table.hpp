// From the symbol and interval texts of a frame to the series, without allocating.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/event.hpp"

namespace lockstep::feeds {

/// A small open-addressing hash of (symbol, interval) texts, filled once and then only read. At most half
/// full.
class SeriesTable {
 public:
  void add(std::string_view symbol, std::string_view interval, core::SeriesId series);
  std::optional<core::SeriesId> find(std::string_view symbol, std::string_view interval) const;

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::string symbol;  ///< empty: the slot is free
    std::string interval;
    core::SeriesId series = 0;
  };
  void insert(Slot slot);

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace lockstep::feeds
