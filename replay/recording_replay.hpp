// A recording, lived through again: frames through the parsers to bars and states, digests compared.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "replay/frame_pipeline.hpp"
#include "replay/recording.hpp"

namespace lockstep::replay {

struct RecordingOptions {
  std::string path;  ///< the first file; those that rotation put behind it follow
  double speed = 0;  ///< seconds a second; 0: as fast as it goes
};

struct RecordingReport {
  std::uint64_t files = 0, records = 0, frames = 0, frames_unknown = 0, frames_bad = 0, bytes = 0, bars = 0;
  double seconds = 0;
  std::vector<PipelineSeries> series;    ///< of the last file
  std::uint64_t compared = 0;            ///< digests of the live run that were met
  std::vector<std::string> differences;  ///< a digest that did not come out again: file, series, both
  std::vector<std::string> problems;     ///< where a file could not be read to its end
  bool is_damaged = false;               ///< one of them is more than a torn end
};

/// Throws StorageError when a file cannot be read, ConfigError when its configuration is not of this version.
RecordingReport replay_recording(const RecordingOptions& options);

}  // namespace lockstep::replay
