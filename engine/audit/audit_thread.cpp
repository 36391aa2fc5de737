#include "engine/audit/audit_thread.hpp"

#include <sched.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/audit/report.hpp"
#include "engine/thread_name.hpp"

namespace lockstep::engine::audit {
namespace {

using std::chrono::milliseconds;

/// Series whose bars are in memory together: at most so many, and (but for a single one) so many bars.
constexpr std::size_t kSeriesAtOnce = 64;
constexpr std::int64_t kBarsAtOnce = 1'000'000;
/// How long shards and journal are given to hand over states; they are stuck else, and the pass goes on
/// later.
constexpr milliseconds kPatience{5000};
constexpr milliseconds kLook{5};
/// Segments are compressed and removed while they are read: then they are read again.
constexpr int kAttempts = 3;
constexpr milliseconds kPostponed{1000};
/// The first pass begins after this part of pass_s.
constexpr int kFirstPart = 60;

std::int64_t wall_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

AuditThread::AuditThread(journal::Storage& storage, std::string data_dir, const AuditConfig& config,
                         const core::Catalog& catalog, const SeriesSettings& settings, Links links)
    : storage_(storage),
      data_dir_(std::move(data_dir)),
      config_(config),
      catalog_(catalog),
      settings_(settings),
      links_(std::move(links)),
      budget_(config.cpu_percent),
      checker_([this] { return budget_.breathe(); }) {
  stats_.is_enabled = config.is_enabled;
  stats_.series_total = catalog.size();
}

void AuditThread::start() {
  if (!config_.is_enabled) return;
  thread_ = std::thread([this] {
    name_thread("audit");
    run();
  });
}

void AuditThread::stop() {
  budget_.stop();
  if (thread_.joinable()) thread_.join();
}

bool AuditThread::run_now() {
  if (!config_.is_enabled) return false;
  budget_.wake();
  return true;
}

void AuditThread::run() {
  // Whatever else this machine has to do comes first.
  sched_param none{};
  sched_setscheduler(0, SCHED_IDLE, &none);
  const auto pass = std::chrono::duration_cast<milliseconds>(std::chrono::seconds(config_.pass_s));
  if (!budget_.sleep_or_wake(pass / kFirstPart)) return;
  for (;;) {
    const auto begin = std::chrono::steady_clock::now();
    if (!run_pass()) return;
    const auto left =
        std::chrono::duration_cast<milliseconds>(begin + pass - std::chrono::steady_clock::now());
    if (!budget_.sleep_or_wake(std::max(left, milliseconds(1)))) return;
  }
}

bool AuditThread::run_pass() {
  std::vector<core::SeriesId> ids(catalog_.size());
  change_stats([&](Stats& stats) {
    stats.is_running = true;
    stats.series_done = 0;
    stats.series_total = ids.size();
    stats.ts_pass_begin_ms = wall_ms();
  });
  for (core::SeriesId id = 0; id < ids.size(); ++id) ids[id] = id;
  for (std::size_t at = 0; at < ids.size();) {
    const std::size_t count = std::min(kSeriesAtOnce, ids.size() - at);
    const std::size_t done = check_some({ids.begin() + static_cast<std::ptrdiff_t>(at),
                                         ids.begin() + static_cast<std::ptrdiff_t>(at + count)});
    at += done;
    if (done == 0) change_stats([](Stats& stats) { ++stats.postponed; });
    change_stats([&](Stats& stats) { stats.series_done = at; });
    if (budget_.is_stopped() || (done == 0 && !budget_.sleep(kPostponed))) return false;
  }
  change_stats([](Stats& stats) {
    stats.is_running = false;
    ++stats.passes;
    stats.ts_pass_end_ms = wall_ms();
  });
  if (links_.passed) links_.passed();
  spdlog::debug("audit: pass {} over {} series", stats().passes, ids.size());
  return true;
}

void AuditThread::take_held(std::uint32_t series, std::uint64_t sequence, std::span<const std::byte> state) {
  const std::lock_guard lock(mutex_);
  held_[series] = {sequence, {state.begin(), state.end()}};
}

/// The states of some series, and the journal written as far as they go. False: not now.
bool AuditThread::gather(const std::vector<core::SeriesId>& ids, std::map<core::SeriesId, Held>& held) {
  change_stats([this](Stats&) { held_.clear(); });
  for (const core::SeriesId id : ids) links_.request_held(id);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  const auto take_whole = [&] {
    const std::lock_guard lock(mutex_);
    if (held_.size() < ids.size()) return false;
    held.swap(held_);
    return true;
  };
  while (!take_whole()) {
    if (std::chrono::steady_clock::now() > until || !budget_.sleep(kLook)) return false;
  }
  std::uint64_t newest = 0;
  for (const auto& [id, each] : held) newest = std::max(newest, each.sequence);
  while (links_.durable() < newest) {
    if (std::chrono::steady_clock::now() > until || !budget_.sleep(kLook)) return false;
  }
  return true;
}

/// Checks the first of them, as many as go together; gives how many. 0: not now.
std::size_t AuditThread::check_some(const std::vector<core::SeriesId>& ids) {
  std::map<core::SeriesId, Held> held;
  if (!gather(ids, held)) return 0;
  return check_held(held, ids);
}

std::size_t AuditThread::check_held(std::map<core::SeriesId, Held>& held,
                                    const std::vector<core::SeriesId>& order) {
  std::vector<core::SeriesId> some;
  std::int64_t bars = 0;
  for (const core::SeriesId id : order) {
    LiveSeries series(catalog_[id], settings_);
    if (series.from_bytes(held[id].state) && series.indicator() != nullptr)
      bars += series.indicator()->bars_total();
    if (!some.empty() && bars > kBarsAtOnce) break;
    some.push_back(id);
  }
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    try {
      if (walk_and_check(held, some)) return some.size();
    } catch (const journal::StorageError& error) {
      spdlog::warn("audit: {}; tried again", error.what());
    } catch (const ConfigError& error) {
      // Another version's configuration further back: bars of that time cannot be had.
      spdlog::error("audit: {}: {} series are not checked", error.what(), some.size());
      return some.size();
    }
    if (!budget_.sleep(kPostponed)) return 0;
  }
  return 0;
}

bool AuditThread::walk_and_check(std::map<core::SeriesId, Held>& held,
                                 const std::vector<core::SeriesId>& ids) {
  std::vector<WalkedSeries> walked(ids.size());
  std::vector<WalkedSeries*> wanted;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    walked[i].name = name_of(ids[i]);
    walked[i].until = held[ids[i]].sequence;
    wanted.push_back(&walked[i]);
  }
  JournalWalk walk(storage_, data_dir_, [this] { return budget_.breathe(); });
  if (!walk.run(wanted)) return true;
  if (walk.damage()) throw journal::StorageError(walk.damage()->text());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    LiveSeries series(catalog_[ids[i]], settings_);
    const bool is_usable = series.from_bytes(held[ids[i]].state);
    Verdict verdict = checker_.check(walked[i], is_usable ? &series : nullptr);
    if (!is_usable && verdict.is_whole && !verdict.difference && walked[i].is_found) {
      Difference& d = verdict.difference.emplace();
      d.series = walked[i].name;
      d.found_in = "live state";
      d.against = "what a state can be";
      d.field = "bytes";
      d.bar = static_cast<std::int64_t>(walked[i].bars.size());
      d.inputs = inputs_of(walked[i].bars, d.bar);
      if (walked[i].replayed) d.wrong_from_ms = walked[i].replayed->expected_ms().value_or(INT64_MAX);
    }
    if (!verdict.is_whole) return true;  // stopping
    take_verdict(ids[i], verdict);
  }
  return true;
}

void AuditThread::take_verdict(core::SeriesId id, const Verdict& verdict) {
  for (const auto* difference : {&verdict.difference, &verdict.backend_difference}) {
    if (*difference && links_.differed) links_.differed(id, **difference);
  }
  change_stats([&](Stats& stats) {
    ++stats.series;
    stats.bars += static_cast<std::uint64_t>(verdict.bars);
  });
  if (verdict.backend_difference) {
    const std::string report = write_report(storage_, data_dir_, *verdict.backend_difference, wall_ms());
    spdlog::error("audit: {}; the series is right, the scalar backend takes its place here. Report: {}",
                  summary(*verdict.backend_difference), report);
    change_stats([&](Stats& stats) {
      ++stats.backend_differences;
      stats.last_report = report;
    });
  }
  if (verdict.difference) answer_difference(id, *verdict.difference);
}

void AuditThread::answer_difference(core::SeriesId id, const Difference& difference) {
  core::MarketEvent event;
  event.kind = core::EventKind::audit_failed;
  event.reason = core::Reason::audit_difference;
  event.series = id;
  event.ts_event_ms = difference.wrong_from_ms;
  bool is_pushed = links_.push(event);  // first of all: no valid signal from here on
  const std::string report = write_report(storage_, data_dir_, difference, wall_ms());
  spdlog::critical("audit: {}; it is not valid until it has been rebuilt from history. Report: {}",
                   summary(difference), report);
  change_stats([&](Stats& stats) {
    ++stats.differences;
    stats.last_report = report;
  });
  while (!is_pushed && budget_.sleep(kLook)) is_pushed = links_.push(event);
  if (is_pushed) change_stats([](Stats& stats) { ++stats.rebuilds; });
}

std::string AuditThread::name_of(core::SeriesId id) const {
  const core::Series& series = catalog_[id];
  return series.venue + ' ' + series.symbol + ' ' + series.interval.text();
}

Stats AuditThread::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.cpu_ms = budget_.cpu_ms();
  return stats;
}

}  // namespace lockstep::engine::audit
