#include "engine/alerts/dispatcher.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <future>
#include <mutex>
#include <random>
#include <thread>

#include "engine/alerts/courier.hpp"
#include "engine/alerts/outbox.hpp"
#include "engine/alerts/template.hpp"
#include "engine/thread_name.hpp"
#include "feeds/net/backoff.hpp"
#include "feeds/net/escape.hpp"
#include "feeds/net/log.hpp"

namespace lockstep::engine::alerts {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds kWaitBase{1'000};
constexpr milliseconds kWaitMax{300'000};
/// Alerts that may be on their way to the alert thread: it falls behind only while the disk is slow.
constexpr std::size_t kPostedMax = 4'096;

std::int64_t wall_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

const char* kind_text(const AlertTarget& target) {
  return target.kind == AlertTarget::Kind::webhook ? "webhook" : "command";
}

/// A target and what waits for it.
struct Lane {
  Lane(asio::io_context& io, const AlertTarget& own)
      : target(own),
        courier(make_courier(io, own)),
        backoff(kWaitBase, kWaitMax, std::random_device()()),
        timer(io) {}

  AlertTarget target;
  std::unique_ptr<Courier> courier;
  std::deque<std::uint64_t> numbers;  // in the outbox
  feeds::net::Backoff backoff;
  asio::steady_timer timer;
  feeds::net::LogGate log_gate;
  bool is_busy = false;  // sending, or waiting for the next attempt
};

using Lanes = std::vector<std::shared_ptr<Lane>>;

}  // namespace

std::unique_ptr<Courier> make_courier(asio::io_context& io, const AlertTarget& target) {
  if (target.kind == AlertTarget::Kind::webhook) return make_webhook(io, target);
  if (target.kind == AlertTarget::Kind::command) return make_command(io, target);
  return nullptr;
}

std::string body_for(const AlertTarget& target, const Alert& alert) {
  return target.template_text.empty() ? to_json(alert) : Template(target.template_text).render(alert);
}

class Dispatcher::Impl {
 public:
  Impl(const AlertsConfig& config, const std::string& outbox_path, metrics::Registry& registry)
      : config_(config),
        outbox_(outbox_path, static_cast<std::size_t>(config.outbox_max)),
        lanes_(make_lanes(config)),
        registry_(registry),
        full_(dropped("full")),
        given_up_(dropped("given_up")),
        waiting_gauge_(registry.gauge("lockstep_alerts_waiting", "Deliveries that have not arrived yet.")) {
    for (std::size_t event = 0; event < kEvents; ++event) {
      raised_.push_back(&registry.counter("lockstep_alerts_total", "Alerts raised.",
                                          {{"event", std::string(event_name(static_cast<Event>(event)))}}));
    }
    for (const char* kind : {"webhook", "command", "log"}) {
      delivered(kind);
      retries(kind);
    }
    if (!outbox_.finding().empty()) spdlog::error("alerts: {}", outbox_.finding());
    fill();
  }

  ~Impl() {
    // On its own thread: what is under way there belongs to it.
    asio::post(io_, [this] {
      end(lanes_);
      io_.stop();
    });
    work_.reset();
    if (thread_.joinable()) {
      thread_.join();
    } else {
      end(lanes_);
    }
  }

  void start() {
    thread_ = std::thread([this] {
      name_thread("alerts");
      for (const auto& lane : lanes_) pump(lane);
      io_.run();
    });
  }

  void post(Alert alert, std::vector<std::string> targets) {
    raised_[static_cast<std::size_t>(alert.event)]->add();
    if (posted_.fetch_add(1, std::memory_order_relaxed) >= kPostedMax) {
      posted_.fetch_sub(1, std::memory_order_relaxed);
      return say_full();
    }
    asio::post(io_, [this, alert = std::move(alert), targets = std::move(targets)] {
      posted_.fetch_sub(1, std::memory_order_relaxed);
      take(alert, targets);
    });
  }

  void use(const AlertsConfig& config) {
    Lanes lanes = make_lanes(config);
    asio::post(io_, [this, config, lanes = std::move(lanes)]() mutable {
      end(lanes_);
      config_ = config;
      outbox_.set_waiting_max(static_cast<std::size_t>(config.outbox_max));
      lanes_ = std::move(lanes);
      fill();
      for (const auto& lane : lanes_) pump(lane);
    });
  }

  std::size_t waiting() {
    std::promise<std::size_t> answer;
    asio::post(io_, [&] { answer.set_value(outbox_.waiting().size()); });
    return answer.get_future().get();
  }

 private:
  Lanes make_lanes(const AlertsConfig& config) {
    Lanes lanes;
    for (const AlertTarget& target : config.targets) {
      if (target.kind != AlertTarget::Kind::log) lanes.push_back(std::make_shared<Lane>(io_, target));
    }
    return lanes;
  }

  metrics::Counter& delivered(const char* kind) {
    return registry_.counter("lockstep_alerts_delivered_total", "Alerts that have arrived at a target.",
                             {{"kind", kind}});
  }
  metrics::Counter& retries(const char* kind) {
    return registry_.counter("lockstep_alerts_failed_attempts_total",
                             "Attempts that failed; they are repeated.", {{"kind", kind}});
  }
  metrics::Counter& dropped(const char* why) {
    return registry_.counter("lockstep_alerts_dropped_total",
                             "Alerts that were lost: the outbox was full, or they were given up.",
                             {{"why", why}});
  }

  static void end(const Lanes& lanes) {
    for (const auto& lane : lanes) {
      lane->timer.cancel();
      lane->courier->cancel();
      lane->is_busy = true;  // for good: another lane takes its place
    }
  }

  /// What the outbox holds to the lanes of its targets.
  void fill() {
    std::size_t strays = 0;
    for (const auto& [number, delivery] : outbox_.waiting()) {
      if (Lane* lane = find(delivery.target)) {
        lane->numbers.push_back(number);
      } else {
        ++strays;
      }
    }
    if (strays > 0)
      spdlog::warn("alerts: {} deliveries wait for targets that [alerts] does not name any more", strays);
    note_waiting();
  }

  Lane* find(const std::string& name) {
    for (const auto& lane : lanes_) {
      if (lane->target.name == name) return lane.get();
    }
    return nullptr;
  }

  void take(const Alert& alert, const std::vector<std::string>& names) {
    for (const AlertTarget& target : config_.targets) {
      if (!names.empty() && std::find(names.begin(), names.end(), target.name) == names.end()) continue;
      if (target.kind == AlertTarget::Kind::log) {
        spdlog::warn("alert {}: {}", alert.rule, feeds::net::escape(sentence(alert), 1'000));
        delivered("log").add();
      } else {
        queue(alert, target);
      }
    }
    for (const auto& lane : lanes_) pump(lane);
  }

  void queue(const Alert& alert, const AlertTarget& target) {
    const Outbox::Put put = outbox_.put({alert.id, target.name, body_for(target, alert), alert.ts_ms});
    if (put == Outbox::Put::full) return say_full();
    if (put == Outbox::Put::known) return;
    if (!outbox_.trouble().empty() && disk_log_.open(skipped_))
      spdlog::error("alerts: the outbox is not on the disk, a restart would forget what waits: {}",
                    outbox_.trouble());
    find(target.name)->numbers.push_back(outbox_.waiting().rbegin()->first);
    note_waiting();
  }

  void say_full() {
    full_.add();
    const std::lock_guard lock(full_log_mutex_);
    if (full_log_.open(full_skipped_)) {
      spdlog::error(
          "alerts: the outbox is full, NEW ALERTS ARE LOST; see that the targets can be reached, or raise "
          "[alerts] outbox_max");
    }
  }

  void note_waiting() { waiting_gauge_.set(static_cast<double>(outbox_.waiting().size())); }

  void pump(const std::shared_ptr<Lane>& lane) {
    while (!lane->is_busy && !lane->numbers.empty()) {
      const std::uint64_t number = lane->numbers.front();
      const Delivery& delivery = outbox_.waiting().at(number);
      if (is_too_old(delivery)) {
        spdlog::error("alerts: {} is given up: target {} was not reached within {} h", delivery.id,
                      delivery.target, config_.give_up_h);
        given_up_.add();
        finish(*lane, number);
        continue;
      }
      lane->is_busy = true;
      lane->courier->send(
          delivery, [this, lane, number](const Outcome& outcome) { on_outcome(lane, number, outcome); });
    }
  }

  bool is_too_old(const Delivery& delivery) const {
    return config_.give_up_h > 0 && wall_ms() - delivery.ts_ms > std::int64_t{config_.give_up_h} * 3'600'000;
  }

  void finish(Lane& lane, std::uint64_t number) {
    outbox_.done(number);
    lane.numbers.pop_front();
    note_waiting();
  }

  void on_outcome(const std::shared_ptr<Lane>& lane, std::uint64_t number, const Outcome& outcome) {
    if (outcome.error.empty()) {
      finish(*lane, number);
      delivered(kind_text(lane->target)).add();
      lane->backoff.reset();
      lane->is_busy = false;
      return pump(lane);
    }
    retries(kind_text(lane->target)).add();
    if (outcome.is_refused) {
      lane->numbers.pop_front();
      lane->numbers.push_back(number);
    }
    milliseconds wait = lane->backoff.next();
    if (outcome.retry_after) wait = std::max<milliseconds>(wait, *outcome.retry_after);
    if (lane->log_gate.open(skipped_)) {
      spdlog::warn("alerts: target {}: {}; {} wait, next attempt in {} ms", lane->target.name, outcome.error,
                   lane->numbers.size(), wait.count());
    }
    lane->timer.expires_after(wait);
    lane->timer.async_wait([this, lane](boost::system::error_code cancelled) {
      if (cancelled) return;
      lane->is_busy = false;
      pump(lane);
    });
  }

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  AlertsConfig config_;
  Outbox outbox_;
  Lanes lanes_;
  metrics::Registry& registry_;
  std::vector<metrics::Counter*> raised_;  // by event
  metrics::Counter& full_;
  metrics::Counter& given_up_;
  metrics::Gauge& waiting_gauge_;
  std::mutex full_log_mutex_;  // it is said on the thread that raises, too
  feeds::net::LogGate full_log_;
  std::uint64_t full_skipped_ = 0;
  feeds::net::LogGate disk_log_;
  std::uint64_t skipped_ = 0;
  std::atomic<std::size_t> posted_{0};
  std::thread thread_;
};

Dispatcher::Dispatcher(const AlertsConfig& config, const std::string& outbox_path,
                       metrics::Registry& registry)
    : impl_(std::make_unique<Impl>(config, outbox_path, registry)) {}
Dispatcher::~Dispatcher() = default;
void Dispatcher::start() {
  impl_->start();
}
void Dispatcher::post(Alert alert, std::vector<std::string> targets) {
  impl_->post(std::move(alert), std::move(targets));
}
void Dispatcher::use(const AlertsConfig& config) {
  impl_->use(config);
}
std::size_t Dispatcher::waiting() const {
  return impl_->waiting();
}

}  // namespace lockstep::engine::alerts
