// What series of a start ran with, made from the configuration that the journal holds of it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "engine/config.hpp"
#include "engine/live_series.hpp"

namespace lockstep::engine::journal {

/// Settings stay where they are as long as the book lives: series point to them. One thread.
class SettingsBook {
 public:
  struct Entry {
    Config config;
    std::map<int, std::shared_ptr<const AtcParams>> params;  ///< by price scale
    SeriesSettings series;
  };

  /// Throws ConfigError when the text is not a configuration of this version.
  Entry& add(const std::string& configuration);

 private:
  std::deque<Entry> entries_;
};

}  // namespace lockstep::engine::journal
