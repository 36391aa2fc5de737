#include "tools/running_audit.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>
#include <thread>

#include "engine/journal/storage.hpp"
#include "feeds/net/escape.hpp"
#include "tools/api_client.hpp"
#include "tools/exit_code.hpp"

namespace lockstep::tools {
namespace {

using Json = nlohmann::json;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{200};
/// The audit takes little CPU on purpose; without any progress for so long it is not waited for.
constexpr std::chrono::seconds kPatience{120};
constexpr std::chrono::seconds kTellEvery{10};

/// What stands in the way, and the exit code for it.
struct Refusal : std::runtime_error {
  Refusal(int code, const std::string& text) : std::runtime_error(text), exit_code(code) {}
  int exit_code;
};

/// Looks without leaving a trace.
bool is_data_dir_in_use(const std::string& data_dir) {
  const std::string path = data_dir + "/lock";
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT) return false;
    throw Refusal(kExitEnvironment, engine::journal::io_text("open", path, errno));
  }
  const bool is_free = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
  ::close(descriptor);
  return !is_free;
}

/// The audit's part of /v1/status, and which start of the daemon it is of.
struct Status {
  std::string epoch;
  bool is_running = false;
  std::uint64_t passes = 0, done = 0, total = 0, series = 0, bars = 0, differences = 0,
                backend_differences = 0, cpu_ms = 0;
  std::string last_report;
};

class RunningAudit {
 public:
  RunningAudit(const engine::Config& config, std::ostream& errors) : client_(config.api), errors_(errors) {}

  const std::string address() const { return client_.address(); }

  /// Found between `before` and `after`.
  void run(Status& before, Status& after) {
    before = status();
    begin();
    // The one under way began before we asked.
    const std::uint64_t wanted = before.passes + (before.is_running ? 2 : 1);
    auto moved = steady_clock::now(), told = moved;
    for (after = before; after.passes < wanted;) {
      std::this_thread::sleep_for(kLook);
      const Status now = status();
      if (now.epoch != before.epoch) throw Refusal(kExitEnvironment, "the daemon was started anew meanwhile");
      const auto time = steady_clock::now();
      if (now.cpu_ms != after.cpu_ms || now.passes != after.passes) moved = time;
      after = now;
      if (time - moved > kPatience)
        throw Refusal(kExitEnvironment,
                      fmt::format("the audit has not moved for {} s; see the daemon's log and {}",
                                  kPatience.count(), client_.address() + "/v1/status"));
      if (time - told < kTellEvery) continue;
      told = time;
      errors_ << fmt::format("lockstep audit: {} of {} series\n", after.done, after.total) << std::flush;
    }
  }

 private:
  void begin() {
    const ApiClient::Answer answer = client_.post("/v1/audit");
    if (answer.status == 202) return;
    refuse(answer);
  }

  Status status() {
    const ApiClient::Answer answer = client_.get("/v1/status");
    if (answer.status != 200) refuse(answer);
    const Json json = Json::parse(answer.body, nullptr, false);
    try {
      const Json& audit = json.at("engine").at("audit");
      Status status;
      status.epoch = json.at("epoch").dump();
      status.is_running = audit.at("running").get<bool>();
      status.passes = audit.at("passes").get<std::uint64_t>();
      status.done = audit.at("series_done").get<std::uint64_t>();
      status.total = audit.at("series_total").get<std::uint64_t>();
      status.series = audit.at("series_checked").get<std::uint64_t>();
      status.bars = audit.at("bars_recomputed").get<std::uint64_t>();
      status.differences = audit.at("differences").get<std::uint64_t>();
      status.backend_differences = audit.at("backend_differences").get<std::uint64_t>();
      status.cpu_ms = audit.at("cpu_ms").get<std::uint64_t>();
      status.last_report = audit.at("last_report").get<std::string>();
      return status;
    } catch (const Json::exception&) {
      throw Refusal(kExitEnvironment,
                    fmt::format("what answers at {} is no daemon of this version", client_.address()));
    }
  }

  [[noreturn]] void refuse(const ApiClient::Answer& answer) const {
    if (answer.status == 0)
      throw Refusal(
          kExitEnvironment,
          fmt::format("a daemon has the data directory, but none answers at {} ([api] bind and port): {}",
                      client_.address(), answer.error));
    const Json json = Json::parse(answer.body, nullptr, false);
    std::string message = feeds::net::escape(answer.body, 200);
    if (json.is_object() && json.contains("error") && json["error"].is_object())
      message = json["error"].value("message", message);
    // 401 and 403: what the configuration says is not what the daemon runs with, or not enough for this.
    throw Refusal(answer.status == 401 || answer.status == 403 ? kExitUsage : kExitEnvironment,
                  fmt::format("the daemon at {} answers {}: {}", client_.address(), answer.status, message));
  }

  ApiClient client_;
  std::ostream& errors_;
};

void print(const std::string& address, const Status& before, const Status& after, bool is_json,
           std::ostream& out) {
  const std::uint64_t series = after.series - before.series, bars = after.bars - before.bars;
  const std::uint64_t differences = after.differences - before.differences;
  const std::uint64_t backends = after.backend_differences - before.backend_differences;
  if (is_json) {
    nlohmann::ordered_json json;
    json["daemon"] = address;
    json["series"] = series;
    json["bars_recomputed"] = bars;
    json["series_different"] = differences;
    json["backends_different"] = backends;
    json["report"] = differences + backends > 0 ? after.last_report : "";
    out << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
    return;
  }
  out << fmt::format(
      "the daemon at {} has compared {} series with its journal, {} bars recomputed by the batch path\n",
      address, series, bars);
  if (differences + backends == 0) {
    out << "every bit is the same\n";
    return;
  }
  out << fmt::format(
      "something DIFFERS: {} series, which begin anew from history, and {} batch backends; report: {}\n",
      differences, backends, after.last_report);
}

}  // namespace

std::optional<int> audit_running_daemon(const engine::Config& config, bool is_json, std::ostream& out,
                                        std::ostream& errors) {
  try {
    if (!is_data_dir_in_use(config.engine.data_dir)) return std::nullopt;
    if (config.api.port == 0)
      throw Refusal(
          kExitUsage,
          "a daemon has the data directory, but [api] port = 0 does not say where it listens: give the file "
          "the port that it has printed");
    RunningAudit audit(config, errors);
    Status before, after;
    audit.run(before, after);
    print(audit.address(), before, after, is_json, out);
    const bool is_same =
        after.differences == before.differences && after.backend_differences == before.backend_differences;
    return is_same ? kExitFine : kExitCheckFailed;
  } catch (const Refusal& refusal) {
    errors << "lockstep audit: " << refusal.what()
           << ". `lockstep audit DIR` reads what lies on the disk without asking the daemon.\n";
    return refusal.exit_code;
  }
}

}  // namespace lockstep::tools
