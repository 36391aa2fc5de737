#include "engine/daemon_alerts.hpp"

#include <chrono>
#include <filesystem>
#include <vector>

#include "engine/alerts/alert_desk.hpp"
#include "engine/alerts/dispatcher.hpp"
#include "engine/config.hpp"
#include "engine/metrics/registry.hpp"
#include "feeds/net/clock.hpp"

namespace lockstep::engine {
namespace {

/// Empty: what waits is kept in memory alone.
std::string outbox_path(const Config& config) {
  if (!config.engine.data_dir_given) return {};
  return config.engine.data_dir + "/alerts.outbox";
}

alerts::AlertDesk::Now now() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(wall).count(), feeds::net::monotonic_ns()};
}

}  // namespace

class DaemonAlerts::Impl {
 public:
  Impl(const Config& config, const core::Catalog& catalog, const std::string& epoch,
       metrics::Registry& metrics)
      : outbox_(outbox_path(config)),
        metrics_(metrics),
        desk_(catalog, epoch, [this](alerts::Alert alert, const std::vector<std::string>& targets) {
          if (dispatcher_) dispatcher_->post(std::move(alert), targets);
        }) {
    if (!config.alerts.targets.empty()) open_dispatcher(config.alerts);
    desk_.use(config.alerts);
    metrics_.on_collect([this](metrics::TextWriter& out) {
      out.single("lockstep_alerts_suppressed_total", metrics::Type::counter,
                 "Alerts held back by a cool-down.", desk_.suppressed());
    });
  }

  void start() {
    if (dispatcher_) dispatcher_->start();
  }

  void use(const AlertsConfig& config) {
    if (dispatcher_) {
      dispatcher_->use(config);
    } else if (!config.targets.empty()) {
      open_dispatcher(config);
      dispatcher_->start();
    }
    desk_.use(config);
  }

  alerts::AlertDesk& desk() { return desk_; }

 private:
  void open_dispatcher(const AlertsConfig& config) {
    if (!outbox_.empty()) std::filesystem::create_directories(std::filesystem::path(outbox_).parent_path());
    dispatcher_ = std::make_unique<alerts::Dispatcher>(config, outbox_, metrics_);
  }

  std::string outbox_;
  metrics::Registry& metrics_;
  std::unique_ptr<alerts::Dispatcher> dispatcher_;
  alerts::AlertDesk desk_;
};

DaemonAlerts::DaemonAlerts(const Config& config, const core::Catalog& catalog, const std::string& epoch,
                           metrics::Registry& metrics)
    : impl_(std::make_unique<Impl>(config, catalog, epoch, metrics)) {}
DaemonAlerts::~DaemonAlerts() = default;
void DaemonAlerts::start() {
  impl_->start();
}
void DaemonAlerts::use(const AlertsConfig& config) {
  impl_->use(config);
}
void DaemonAlerts::add_series(const core::Series& series) {
  impl_->desk().add_series(series);
}
void DaemonAlerts::on_signal(const Signal& signal) {
  impl_->desk().on_signal(signal, now());
}
void DaemonAlerts::on_audit_difference(core::SeriesId series, std::int64_t ts_open_ms,
                                       const std::string& what) {
  impl_->desk().on_audit_difference(series, ts_open_ms, what, now());
}

}  // namespace lockstep::engine
