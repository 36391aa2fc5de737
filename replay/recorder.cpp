#include "replay/recorder.hpp"

#include <chrono>
#include <utility>

#include "engine/daemon_plan.hpp"
#include "feeds/net/clock.hpp"

namespace lockstep::replay {
namespace {

constexpr std::chrono::milliseconds kTick{100};
/// Between two notes of what the live run has come to.
constexpr std::int64_t kDigestsNs = 5'000'000'000;

std::int64_t wall_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

/// One feed's connections.
class Recorder::Tap final : public feeds::FrameTap {
 public:
  Tap(Recorder& recorder, std::string venue, std::size_t feed)
      : recorder_(recorder), venue_(std::move(venue)), prefix_("feed " + std::to_string(feed + 1) + ", ") {}

  void opened(const std::string& connection) override {
    recorder_.take(RecordingType::opened, venue_, prefix_ + connection, {}, feeds::net::monotonic_ns());
  }
  void frame(const std::string& connection, std::string_view text, std::int64_t recv_ns) override {
    recorder_.take(RecordingType::frame, venue_, prefix_ + connection, text, recv_ns);
  }
  void lost(const std::string& connection) override {
    recorder_.take(RecordingType::lost, venue_, prefix_ + connection, {}, feeds::net::monotonic_ns());
  }

 private:
  Recorder& recorder_;
  const std::string venue_, prefix_;
};

Recorder::Recorder(boost::asio::io_context& io, const engine::Config& config, const std::string& path,
                   const RecordingWriter::Limits& limits)
    : config_(engine::with_symbols(config)),
      catalog_(engine::make_catalog(config_)),
      writer_(engine::journal::posix_storage(), path, engine::to_text(config_), limits),
      timer_(io) {
  begin_pipeline();
  for (std::size_t i = 0; i < config_.feeds.size(); ++i) {
    feeds::FeedConfig feed = config_.feeds[i];
    std::vector<core::SeriesId> ids;
    for (const std::string& symbol : feed.symbols) {
      for (const std::string& interval : feed.intervals)
        ids.push_back(*catalog_.find(feed.venue, symbol, *core::Interval::parse(interval)));
    }
    feed.tap = std::make_shared<Tap>(*this, feed.venue, i);
    feeds_.push_back(feeds::make_feed(io, feed, catalog_, ids, sink_));
  }
}

Recorder::~Recorder() {
  stop();
}

void Recorder::start() {
  for (auto& feed : feeds_) feed->start();
  tick();
}

void Recorder::stop() {
  if (std::exchange(is_stopped_, true)) return;
  timer_.cancel();
  for (auto& feed : feeds_) feed->stop();
  note_digests();
  writer_.flush();
}

void Recorder::tick() {
  const std::int64_t now_ns = wall_ns();
  if (now_ns - digests_ns_ >= kDigestsNs) note_digests();
  const int files = writer_.files();
  writer_.tick(now_ns, [this] { note_digests(); });
  if (writer_.files() != files) begin_pipeline();
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !is_stopped_) tick();
  });
}

/// Every file can be replayed alone, so what is computed beside it begins with it.
void Recorder::begin_pipeline() {
  pipeline_ = std::make_unique<FramePipeline>(config_);
  for (const auto& [number, venue] : connections_) pipeline_->connection(number, venue);
}

void Recorder::note_digests() {
  digests_ns_ = wall_ns();
  writer_.append(RecordingType::digests, 0, digests_ns_, pipeline_->digests_text());
}

void Recorder::take(RecordingType type, const std::string& venue, const std::string& connection,
                    std::string_view text, std::int64_t recv_ns) {
  if (is_stopped_ || !writer_.problem().empty()) return;
  const std::uint16_t number = writer_.add_connection(venue, connection);
  if (number == connections_.size()) {
    connections_.emplace_back(number, venue);
    pipeline_->connection(number, venue);
  }
  const std::int64_t at_ns = wall_ns() - (feeds::net::monotonic_ns() - recv_ns);
  writer_.append(type, number, at_ns, text);
  if (type == RecordingType::opened) pipeline_->opened(number);
  if (type == RecordingType::lost) pipeline_->lost(number);
  if (type != RecordingType::frame) return;
  ++frames_;
  pipeline_->frame(number, text, at_ns);
}

std::vector<feeds::FeedHealth> Recorder::health() const {
  std::vector<feeds::FeedHealth> all;
  for (const auto& feed : feeds_) all.push_back(feed->health());
  return all;
}

}  // namespace lockstep::replay
