// What a data directory holds, made into running series: newest good snapshot and the journal's tail.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/catalog.hpp"
#include "engine/journal/player.hpp"
#include "engine/journal/snapshot.hpp"
#include "engine/journal/writer.hpp"

namespace lockstep::engine::journal {

struct Recovered {
  WriterPosition position;  ///< where this start writes on
  std::uint64_t epoch = 1;  ///< of this start
  /// By catalog id; null: nothing usable is known of it, it starts from the venue's history.
  std::vector<std::unique_ptr<LiveSeries>> series;
  std::vector<std::string> findings;  ///< damage, and how it was answered; one sentence each
  std::string snapshot;               ///< file that was used; empty: none
  std::uint64_t events = 0;           ///< given again
};

/// Makes the folders and repairs what a power cut leaves. Any damage is named in `findings` and what lies
/// behind it set aside in damaged/, never used. It can be cut off anywhere and done again. `fingerprint` is
/// that of the settings in force; states of others are not used. Catalog and settings must outlive the
/// series. Throws StorageError.
Recovered recover(Storage& storage, const std::string& data_dir, const core::Catalog& catalog,
                  const SeriesSettings& settings, std::uint64_t fingerprint);

/// SeriesSettings::late_ms of a configuration.
std::int64_t late_ms(const Config& config);
/// Identifies what digests depend on besides the bars.
std::uint64_t settings_fingerprint(const Config& config);

}  // namespace lockstep::engine::journal
