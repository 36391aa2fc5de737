#include "engine/daemon.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/api/api_server.hpp"
#include "engine/audit/audit_thread.hpp"
#include "engine/config_changes.hpp"
#include "engine/cpu_place.hpp"
#include "engine/daemon_alerts.hpp"
#include "engine/daemon_meter.hpp"
#include "engine/daemon_plan.hpp"
#include "engine/daemon_watch.hpp"
#include "engine/history_reader.hpp"
#include "engine/journal/journal.hpp"
#include "engine/network_thread.hpp"
#include "engine/params_cache.hpp"
#include "engine/series_control.hpp"
#include "engine/shard_thread.hpp"
#include "engine/signal_gate.hpp"
#include "engine/system_signals.hpp"
#include "feeds/net/clock.hpp"

namespace lockstep::engine {
namespace {

constexpr std::size_t kSignalsMax = 1 << 17;
constexpr std::size_t kAnswersMax = 1024;
/// How long clients are given to say goodbye.
constexpr std::chrono::seconds kGoodbye{1};

}  // namespace

class Daemon::Impl {
 public:
  Impl(const Config& config, std::span<const StaticFile> page)
      : config_(with_symbols(config)),
        changes_(has_folder() ? load_series_changes(series_changes_file(config_.engine.data_dir))
                              : SeriesChanges()),
        plan_(plan_series(config_, changes_)),
        catalog_(std::move(plan_.catalog)),
        meter_(metrics_, catalog_),
        params_(config.atc),
        settings_(make_settings()),
        signals_(kSignalsMax),
        answers_(kAnswersMax),
        waker_(outputs_io_, [this] { drain(); }),
        gate_(catalog_.size(), [this](const Signal& signal) { deliver(signal); }),
        feed_of_series_(catalog_.capacity(), nullptr) {
    check_anchor(config_);
    open_journal();
    make_logs();
    make_shards();
    make_feeds();
    make_audit();
    make_watchdog();
    ApiHooks hooks;
    hooks.request_detail = [this](const DetailRequest& request) {
      shards_[shard_of(request.series, shards_.size())]->request_detail(request);
    };
    hooks.feed_health = [this] { return feed_health(); };
    hooks.daemon_health = [this] { return health(); };
    hooks.write_metrics = [this](metrics::TextWriter& out) { write_metrics(out); };
    hooks.config_text = [this] { return to_text(config_); };
    hooks.page = page;
    hooks.atc = config_.atc;
    hooks.history = [this](const HistoryQuery& query, HistoryFormat format, HistoryDone done) {
      history_->ask(query,
                    [this, format = std::move(format), done = std::move(done)](const HistoryPage& answer) {
                      boost::asio::post(outputs_io_, [done, text = format(answer)] { done(text); });
                    });
    };
    if (audit_) hooks.audit_now = [this] { return audit_->run_now(); };
    if (journal_) hooks.snapshot_now = [this] { return journal_->keeper().ask_now(); };
    hooks.change_series = [this](const SeriesRequest& request, SeriesControl::Done done) {
      control_->change(request, std::move(done));
    };
    hooks.series_changes = [this] { return control_->changes(); };
    api_ = std::make_unique<ApiServer>(outputs_io_, config_.api, catalog_, std::move(hooks));
    alerts_.emplace(config_, catalog_, api_->epoch(), metrics_);
    make_control();
  }

  ~Impl() { stop_threads(); }

  void start() {
    const CpuRetreat retreat(spinning_threads());
    if (journal_) journal_->start();
    alerts_->start();
    if (is_shard_on_network()) {
      shards_.front()->start_turns();
    } else {
      for (std::size_t i = 0; i < shards_.size(); ++i) shards_[i]->start(/*place=*/i + 1);
    }
    if (audit_) audit_->start();
    history_->start();
    network_.start(is_shard_on_network() ? [this] { return shards_.front()->turn(); }
                                         : std::function<bool()>());
  }

  void run_outputs(int period_ms, const std::function<void()>& every, SignalHook on_signal) {
    const CpuRetreat retreat(spinning_threads());
    on_signal_ = std::move(on_signal);
    watchdog_->start();  // from now on every thread is expected to move
    boost::asio::steady_timer timer(outputs_io_);
    std::function<void()> tick = [&] {
      timer.expires_after(std::chrono::milliseconds(period_ms));
      timer.async_wait([&](const boost::system::error_code& error) {
        if (error) return;
        output_beats_.fetch_add(1, std::memory_order_relaxed);
        gate_.watch_journal();
        gate_.doubt(watchdog_->is_stuck());
        watch_lag();
        if (every) every();
        tick();
      });
    };
    tick();
    auto work = boost::asio::make_work_guard(outputs_io_);
    if (!is_stopping_) outputs_io_.run();
    timer.cancel();
    system_signals_.cancel();
    work.reset();
    outputs_io_.restart();
    stop_threads();
    drain();
    api_->stop();
    outputs_io_.run_for(kGoodbye);
  }

  void stop() {
    is_stopping_ = true;
    outputs_io_.stop();
  }

  void stop_on_signals() {
    system_signals_.on_end([this] { stop(); });
  }

  void on_hangup(std::function<void()> reload) { system_signals_.on_hangup(std::move(reload)); }

  void use(const Config& config) {
    if (config.alerts != config_.alerts) alerts_->use(config.alerts);
    take_live_part(config_, config);
  }

  void report_audit_difference(core::SeriesId series, std::int64_t ts_open_ms, std::string what) {
    boost::asio::post(outputs_io_, [this, series, ts_open_ms, what = std::move(what)] {
      alerts_->on_audit_difference(series, ts_open_ms, what);
    });
  }

  std::string failure() const {
    const std::lock_guard lock(failure_mutex_);
    return failure_;
  }
  std::vector<std::string> findings() const {
    return journal_ ? journal_->findings() : std::vector<std::string>();
  }
  bool is_moving() const { return watchdog_->vouches(); }
  bool audit_now() { return audit_ && audit_->run_now(); }
  const core::Catalog& catalog() const { return catalog_; }
  ApiServer& api() { return *api_; }
  metrics::Registry& metrics() { return metrics_; }
  std::vector<feeds::FeedHealth> feed_health() const { return network_.feed_health(); }

  void ask_history(const HistoryQuery& query, std::function<void(const HistoryPage&)> done) {
    history_->ask(query, std::move(done));
  }

  DaemonHealth health() const {
    DaemonHealth health;
    for (const auto& shard : shards_) {
      health.queue_depth.push_back(shard->queue().depth());
      health.events_lost += shard->queue().lost();
      health.lag_ms.push_back(shard->lag_ns(feeds::net::monotonic_ns()) / 1'000'000);
    }
    health.signals_lost = signals_.lost();
    if (journal_) {
      health.has_journal = true;
      health.is_journal_stuck = gate_.is_stuck();
      health.journal_trouble = journal_->writer().trouble();
      health.journal = journal_->writer().stats();
    }
    if (audit_) health.audit = audit_->stats();
    health.watch = watchdog_->stats();
    return health;
  }

 private:
  /// What is remembered of the market and of its users has a place.
  bool has_folder() const { return config_.journal.is_enabled && config_.engine.data_dir_given; }

  SeriesSettings make_settings() {
    SeriesSettings settings;
    settings.params_at = [this](int price_scale) { return params_.at(price_scale); };
    settings.anchor = config_.engine.anchor;
    settings.late_ms = journal::late_ms(config_);
    return settings;
  }

  void open_journal() {
    if (!has_folder()) return;
    journal::Journal::Hooks hooks;
    hooks.on_durable = [this] { waker_.wake(); };
    hooks.on_failed = [this](const std::string& text) {
      spdlog::critical("journal: {}; what follows would not be safe, so the daemon stops", text);
      const std::lock_guard lock(failure_mutex_);
      failure_ = text;
      stop();
    };
    hooks.on_held = [this](std::uint32_t series, std::uint64_t sequence, std::span<const std::byte> state) {
      if (audit_) audit_->take_held(series, sequence, state);
    };
    journal_.emplace(config_, catalog_, settings_, std::move(hooks));
    for (const std::string& finding : journal_->findings()) spdlog::warn("{}", finding);
    const journal::Recovered& recovered = journal_->recovered();
    spdlog::info("journal: start {} of {}, {} of {} series go on; {}, {} events after it", recovered.epoch,
                 config_.engine.data_dir,
                 std::count_if(recovered.series.begin(), recovered.series.end(),
                               [](const auto& series) { return series != nullptr; }),
                 catalog_.size(),
                 recovered.snapshot.empty() ? "no snapshot" : "snapshot " + recovered.snapshot,
                 recovered.events);
  }

  void make_logs() {
    const auto bars_max = static_cast<std::size_t>(config_.api.history_bars);
    logs_.resize(catalog_.capacity());
    for (const core::Series& series : catalog_.series()) make_log(series.id);
    HistorySource source;
    if (journal_) source = {config_.engine.data_dir, journal_->recovered().epoch};
    history_ = std::make_unique<HistoryReader>(catalog_, settings_, logs_, bars_max, std::move(source));
  }

  void make_log(core::SeriesId id) {
    logs_[id] =
        std::make_unique<BarLog>(static_cast<std::size_t>(config_.api.history_bars), id * std::size_t{37});
  }

  void make_shards() {
    std::vector<std::vector<core::SeriesId>> ids(static_cast<std::size_t>(config_.engine.shards));
    for (const core::Series& series : catalog_.series())
      ids[shard_of(series.id, ids.size())].push_back(series.id);
    for (const auto& own : ids) {
      shards_.push_back(std::make_unique<ShardThread>(catalog_, own, settings_, config_.engine, signals_,
                                                      answers_, waker_, feed_of_series_,
                                                      journal_ ? &*journal_ : nullptr, &meter_.add_shard()));
      shards_.back()->keep_bars(logs_);
    }
    if (!journal_) return;
    for (core::SeriesId id = 0; id < catalog_.size(); ++id) {
      auto& series = journal_->series()[id];
      if (series) shards_[shard_of(id, shards_.size())]->adopt(id, std::move(series));
    }
    std::vector<const journal::Port*> ports;
    for (auto& shard : shards_) ports.push_back(shard->port());
    gate_.guard(std::move(ports), journal_->writer(), [this] {
      return std::any_of(shards_.begin(), shards_.end(),
                         [](const auto& shard) { return shard->has_backlog(); });
    });
    gate_.measure(meter_.journal_wait());
  }

  void make_feeds() {
    std::vector<core::EventQueue*> queues;
    for (auto& shard : shards_) queues.push_back(&shard->queue());
    for (std::size_t f = 0; f < config_.feeds.size(); ++f) {
      const feeds::FeedConfig& feed = config_.feeds[f];
      const std::vector<core::SeriesId>& ids = plan_.of_feed[f];
      outlets_.push_back(std::make_unique<FeedOutlet>(queues));
      network_.add(feeds::make_feed(network_.io(), feed, catalog_, ids, *outlets_.back()));
      for (const core::SeriesId id : ids) feed_of_series_[id] = &network_.feed(f);
      network_.feed(f).on_new_symbols([this, f](const std::vector<std::string>& symbols) {
        boost::asio::post(outputs_io_, [this, f, symbols] { control_->take_new(f, symbols); });
      });
    }
  }

  void make_control() {
    SeriesControl::Links links;
    links.begun = [this](const core::Series& series, std::size_t feed) {
      make_log(series.id);
      feed_of_series_[series.id] = &network_.feed(feed);
      meter_.add_series(series);
      alerts_->add_series(series);
      api_->add_series(series);
    };
    links.add = [this](std::size_t feed, std::vector<core::SeriesId> ids) {
      network_.begin(feed, std::move(ids));
    };
    links.remove = [this](std::size_t feed, std::vector<core::SeriesId> ids) {
      network_.end(feed, std::move(ids));
    };
    links.look_up = [this](std::size_t feed, feeds::SymbolQuestion question, auto done) {
      network_.look_up(feed, std::move(question),
                       [this, done = std::move(done)](const feeds::SymbolAnswer& answer) {
                         boost::asio::post(outputs_io_, [done, answer] { done(answer); });
                       });
    };
    control_.emplace(config_, catalog_, plan_, changes_,
                     has_folder() ? series_changes_file(config_.engine.data_dir) : std::string(),
                     std::move(links));
    metrics_.on_collect([this](metrics::TextWriter& out) {
      out.family("lockstep_series_changes_total", metrics::Type::counter,
                 "Series that were added to the running daemon (asked for, or listed anew) or removed.");
      out.value({{"change", "added"}}, control_->added());
      out.value({{"change", "removed"}}, control_->removed());
    });
  }

  void make_audit() {
    if (!journal_) return;
    audit::AuditThread::Links links;
    links.request_held = [this](core::SeriesId id) {
      shards_[shard_of(id, shards_.size())]->request_held(id);
    };
    links.push = [this](const core::MarketEvent& event) {
      return shards_[shard_of(event.series, shards_.size())]->queue().push(event);
    };
    links.durable = [this] { return journal_->keeper().durable(); };
    // Their helps are the meter's.
    links.passed = [&passes = metrics_.counter("lockstep_audit_passes_total", "")] { passes.add(); };
    links.differed = [this, &differences = metrics_.counter("lockstep_audit_mismatches_total", "")](
                         core::SeriesId id, const audit::Difference& difference) {
      differences.add();
      report_audit_difference(id, difference.ts_open_ms, summary(difference));
    };
    audit_ = std::make_unique<audit::AuditThread>(journal::posix_storage(), config_.engine.data_dir,
                                                  config_.audit, catalog_, settings_, std::move(links));
  }

  /// A single shard needs no thread of its own: where threads sleep, each frame would wake two, one after the
  /// other. Where they spin it has one, unless two that spin would leave no CPU to anyone else.
  bool is_shard_on_network() const {
    return shards_.size() == 1 && (config_.engine.poll == PollMode::wait || cpu_count() < 3);
  }

  /// They have the first CPUs, and everybody else the rest.
  std::size_t spinning_threads() const {
    if (config_.engine.poll != PollMode::busy) return 0;
    return is_shard_on_network() ? 1 : 1 + shards_.size();
  }

  void watch_lag() {
    const std::int64_t now_ns = feeds::net::monotonic_ns();
    for (std::size_t i = 0; i < shards_.size(); ++i)
      gate_.note_lag(i, shards_.size(), shards_[i]->lag_ns(now_ns), config_.engine.lag_ms_max * 1'000'000LL);
  }

  /// On the outputs thread: everything that shards have published goes to the API and the terminal.
  void drain() {
    Signal batch[64];
    for (std::size_t count; (count = signals_.take(batch, std::size(batch))) > 0;) {
      for (std::size_t i = 0; i < count; ++i) gate_.take(batch[i]);
    }
    gate_.release();
    DetailAnswer answer;
    while (answers_.take(&answer, 1) == 1) api_->on_detail(answer);
  }

  void write_metrics(metrics::TextWriter& out) const {
    metrics_.write(out);
    if (journal_) write_journal_metrics(journal_->writer(), out);
  }

  void make_watchdog() {
    Watchdog::Hooks hooks;
    hooks.slept = [this] { doubt_all(); };
    hooks.give_up = end_stuck_process;
    audit::AuditThread* const audit = config_.audit.is_enabled ? audit_.get() : nullptr;
    watchdog_ = std::make_unique<Watchdog>(
        watched_threads({network_, output_beats_, shards_, journal_ ? &*journal_ : nullptr, audit}),
        std::move(hooks));
  }

  /// Nothing is known of the time that has passed: every series asks its venue.
  void doubt_all() {
    for (const core::Series& series : catalog_.series()) {
      core::MarketEvent event;
      event.kind = core::EventKind::doubted;
      event.reason = core::Reason::suspended;
      event.series = series.id;
      shards_[shard_of(series.id, shards_.size())]->queue().push(event);
    }
  }

  void stop_threads() {
    watchdog_->stop();
    history_->stop();
    if (audit_) audit_->stop();
    network_.stop();
    for (auto& shard : shards_) shard->stop();
    if (!journal_ || std::exchange(is_journal_stopped_, true)) return;
    std::vector<const LiveSeries*> series;
    for (core::SeriesId id = 0; id < catalog_.size(); ++id)
      series.push_back(shards_[shard_of(id, shards_.size())]->shard().find(id));
    if (!journal_->stop(series) && failure().empty()) {
      const std::lock_guard lock(failure_mutex_);
      failure_ = journal_->writer().trouble();
    }
  }

  void deliver(const Signal& signal) {
    api_->on_signal(signal);
    meter_.delivered(signal, feeds::net::monotonic_ns());
    alerts_->on_signal(signal);
    if (on_signal_) on_signal_(signal);
  }

  Config config_;
  const SeriesChanges changes_;  // as of the start
  SeriesPlan plan_;              // its catalog is catalog_
  core::Catalog catalog_;
  metrics::Registry metrics_;
  DaemonMeter meter_;
  ParamsCache params_;
  SeriesSettings settings_;
  boost::asio::io_context outputs_io_{1};
  SignalQueue signals_;
  DetailAnswerQueue answers_;
  OutputsWaker waker_;
  SignalGate gate_;
  mutable std::mutex failure_mutex_;
  std::string failure_;
  std::unique_ptr<audit::AuditThread> audit_;  // before the journal, whose writer gives it states
  std::optional<journal::Journal> journal_;
  bool is_journal_stopped_ = false;
  std::vector<std::unique_ptr<BarLog>> logs_;
  std::unique_ptr<HistoryReader> history_;
  std::vector<feeds::Feed*> feed_of_series_;
  std::vector<std::unique_ptr<FeedOutlet>> outlets_;
  std::vector<std::unique_ptr<ShardThread>> shards_;
  NetworkThread network_{config_.engine.poll};
  std::unique_ptr<ApiServer> api_;
  std::optional<DaemonAlerts> alerts_;
  std::optional<SeriesControl> control_;
  SignalHook on_signal_;
  SystemSignals system_signals_{outputs_io_};
  std::atomic<bool> is_stopping_{false};
  std::atomic<std::uint64_t> output_beats_{0};
  std::unique_ptr<Watchdog> watchdog_;
};

Daemon::Daemon(const Config& config, std::span<const StaticFile> page)
    : impl_(std::make_unique<Impl>(config, page)) {}
Daemon::~Daemon() = default;
void Daemon::start() {
  impl_->start();
}
void Daemon::stop_on_signals() {
  impl_->stop_on_signals();
}
void Daemon::run_outputs(int period_ms, const std::function<void()>& every, SignalHook on_signal) {
  impl_->run_outputs(period_ms, every, std::move(on_signal));
}
void Daemon::stop() {
  impl_->stop();
}
const core::Catalog& Daemon::catalog() const {
  return impl_->catalog();
}
ApiServer& Daemon::api() {
  return impl_->api();
}
std::vector<feeds::FeedHealth> Daemon::feed_health() const {
  return impl_->feed_health();
}
void Daemon::on_hangup(std::function<void()> reload) {
  impl_->on_hangup(std::move(reload));
}
void Daemon::use(const Config& config) {
  impl_->use(config);
}
void Daemon::report_audit_difference(core::SeriesId series, std::int64_t ts_open_ms, std::string what) {
  impl_->report_audit_difference(series, ts_open_ms, std::move(what));
}
metrics::Registry& Daemon::metrics() {
  return impl_->metrics();
}
void Daemon::ask_history(const HistoryQuery& query, std::function<void(const HistoryPage&)> done) {
  impl_->ask_history(query, std::move(done));
}
DaemonHealth Daemon::health() const {
  return impl_->health();
}
bool Daemon::is_moving() const {
  return impl_->is_moving();
}
bool Daemon::audit_now() {
  return impl_->audit_now();
}
std::string Daemon::failure() const {
  return impl_->failure();
}
std::vector<std::string> Daemon::findings() const {
  return impl_->findings();
}

}  // namespace lockstep::engine
