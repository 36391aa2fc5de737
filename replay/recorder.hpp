// Attaches to the configured feeds and writes down every frame, with nothing of the engine behind it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "engine/core/catalog.hpp"
#include "feeds/feed.hpp"
#include "replay/frame_pipeline.hpp"
#include "replay/recording.hpp"

namespace lockstep::replay {

/// Lives on the io_context's thread. What frames come to is computed beside it and written down at times, so
/// that a replay has something to compare with.
class Recorder {
 public:
  /// Throws ConfigError, std::invalid_argument (a feed's complaint), StorageError.
  Recorder(boost::asio::io_context& io, const engine::Config& config, const std::string& path,
           const RecordingWriter::Limits& limits);
  ~Recorder();

  void start();
  /// Ends the feeds, writes what there is. Idempotent.
  void stop();
  /// Why nothing more is written; empty while all is well.
  const std::string& problem() const { return writer_.problem(); }
  std::uint64_t frames() const { return frames_; }
  std::uint64_t bytes() const { return writer_.bytes(); }
  int files() const { return writer_.files(); }
  const FramePipeline& pipeline() const { return *pipeline_; }
  std::vector<feeds::FeedHealth> health() const;

 private:
  class Tap;
  class NoSink final : public feeds::EventSink {
   public:
    bool push(const core::MarketEvent&) override { return true; }
  };
  void tick();
  void begin_pipeline();
  void note_digests();
  void take(RecordingType type, const std::string& venue, const std::string& connection,
            std::string_view text, std::int64_t recv_ns);

  const engine::Config config_;
  core::Catalog catalog_;
  RecordingWriter writer_;
  std::vector<std::pair<std::uint16_t, std::string>> connections_;  // number and venue
  std::unique_ptr<FramePipeline> pipeline_;
  NoSink sink_;
  std::vector<std::unique_ptr<feeds::Feed>> feeds_;
  boost::asio::steady_timer timer_;
  std::int64_t digests_ns_ = 0;
  std::uint64_t frames_ = 0;
  bool is_stopped_ = false;
};

}  // namespace lockstep::replay
