#include "replay/recording_replay.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "engine/journal/storage.hpp"

namespace lockstep::replay {
namespace {

using engine::journal::posix_storage;
using engine::journal::StorageError;

/// One file: it knows nothing of those before it.
class FileReplay {
 public:
  FileReplay(const std::string& path, double speed, RecordingReport& report)
      : path_(path), speed_(speed), report_(report) {}

  void run() {
    std::vector<std::byte> bytes;
    if (const int error = posix_storage().read(path_, bytes); error != 0)
      throw StorageError(engine::journal::io_text("read", path_, error));
    if (!is_recording(bytes)) throw StorageError(path_ + ": does not begin as a recording does");
    const RecordingEnd end = read_recording(bytes, [this](const RecordingView& view) { take(view); });
    ++report_.files;
    report_.records += end.records;
    report_.bytes += end.good_bytes;
    if (!end.problem.empty()) {
      report_.problems.push_back(path_ + " at byte " + std::to_string(end.good_bytes) + ": " + end.problem);
      report_.is_damaged |= !end.is_torn;
    }
    if (!pipeline_) return;
    report_.frames += pipeline_->frames();
    report_.frames_unknown += pipeline_->frames_unknown();
    report_.frames_bad += pipeline_->frames_bad();
    report_.bars += pipeline_->bars();
    report_.series = pipeline_->series();
  }

 private:
  void take(const RecordingView& view) {
    if (view.type == RecordingType::configuration) {
      if (!pipeline_)
        pipeline_ = std::make_unique<FramePipeline>(
            engine::parse_config(view.payload, path_ + ": its configuration"));
      return;
    }
    if (!pipeline_) return;
    switch (view.type) {
      case RecordingType::connection:
        return pipeline_->connection(view.connection, view.payload.substr(0, view.payload.find('\n')));
      case RecordingType::opened:
        return pipeline_->opened(view.connection);
      case RecordingType::lost:
        return pipeline_->lost(view.connection);
      case RecordingType::frame:
        keep_pace(view.recv_ns);
        return pipeline_->frame(view.connection, view.payload, view.recv_ns);
      case RecordingType::digests:
        return compare(view.payload);
      case RecordingType::configuration:
        return;
    }
  }

  void compare(std::string_view recorded) {
    ++report_.compared;
    const std::string replayed = pipeline_->digests_text();
    if (replayed == recorded || is_different_) return;
    is_different_ = true;  // what follows differs because of it
    std::size_t at = 0;
    while (at < replayed.size() && at < recorded.size() && replayed[at] == recorded[at]) ++at;
    const auto line = [&](std::string_view text) {
      const std::size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
      return begin >= text.size()
                 ? std::string("nothing")
                 : "\"" + std::string(text.substr(begin, text.find('\n', begin) - begin)) + "\"";
    };
    report_.differences.push_back(path_ + ": the live run had " + line(recorded) + ", replayed it is " +
                                  line(replayed));
  }

  void keep_pace(std::int64_t recv_ns) {
    if (speed_ <= 0) return;
    if (!first_ns_) {
      first_ns_ = recv_ns;
      begin_ = std::chrono::steady_clock::now();
    }
    const std::chrono::duration<double, std::nano> wait(static_cast<double>(recv_ns - *first_ns_) / speed_);
    std::this_thread::sleep_until(begin_ + std::chrono::duration_cast<std::chrono::nanoseconds>(wait));
  }

  const std::string path_;
  const double speed_;
  RecordingReport& report_;
  std::unique_ptr<FramePipeline> pipeline_;
  bool is_different_ = false;
  std::optional<std::int64_t> first_ns_;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace

RecordingReport replay_recording(const RecordingOptions& options) {
  RecordingReport report;
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& path : recording_files(options.path)) FileReplay(path, options.speed, report).run();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return report;
}

}  // namespace lockstep::replay
