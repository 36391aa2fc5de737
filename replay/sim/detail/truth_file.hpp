// Every final 1m bar of every symbol, as CSV.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "replay/sim/detail/bar_history.hpp"
#include "replay/sim/detail/venue_text.hpp"

namespace lockstep::sim {

/// Header `symbol,ts_ms,open,high,low,close,volume`, then rows by minute, then symbol. One thread.
class TruthFile {
 public:
  /// Replaces the file. Throws std::system_error when it cannot be written. History and text must outlive it.
  TruthFile(const std::filesystem::path& file, const BarHistory& history, const VenueText& text);

  /// Writes and flushes the minutes that ended by now_ms. False when the disk refuses.
  bool write_until(std::int64_t now_ms);

 private:
  const BarHistory& history_;
  const VenueText& text_;
  std::ofstream out_;
  std::int64_t next_minute_;
};

}  // namespace lockstep::sim
