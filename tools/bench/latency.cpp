// From the venue's send() to the published signal: a whole daemon on a real websocket.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include "engine/daemon.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/loopback.hpp"
#include "tools/bench/pace.hpp"
#include "tools/bench/statistics.hpp"
#include "tools/bench/venue_plan.hpp"

namespace lockstep::bench {
namespace {

using std::chrono::steady_clock;

/// What is sent, and how fast.
struct Scenario {
  std::size_t symbols;
  /// Of each symbol, the last of them closed. No two messages have the same event time while
  /// symbols * frames_per_bar is at most the milliseconds of a bar.
  int frames_per_bar;
  std::size_t messages;
  double per_s;  ///< 0: one at a time, 100 to 200 us apart
};
constexpr std::chrono::seconds kLimit{60};

struct Plan : VenuePlan {
  double per_s = 0;
};

Plan make_plan(const Scenario& scenario) {
  Plan plan{bench::make_plan({.symbols = scenario.symbols, .frames_per_bar = scenario.frames_per_bar},
                             scenario.messages),
            scenario.per_s};
  plan.messages.resize(scenario.messages);
  return plan;
}

/// When each message was sent.
std::vector<std::int64_t> send_messages(BenchVenue& venue, const Plan& plan) {
  std::vector<std::int64_t> sent_ns;
  sent_ns.reserve(plan.messages.size());
  Pace pace = plan.per_s == 0 ? Pace::one_at_a_time() : Pace::at_rate(plan.per_s);
  for (const Message& message : plan.messages) {
    pace.wait();
    sent_ns.push_back(wall_ns());
    if (!venue.send(message.frame)) throw std::runtime_error("bench: the daemon has hung up");
  }
  return sent_ns;
}

struct Latencies {
  std::vector<double> socket_to_signal, socket_to_receive, receive_to_signal;
  double sent_per_s = 0;
  bool is_sender_undisturbed = false;
};

/// What the outputs thread sees.
class Observer {
 public:
  explicit Observer(const Plan& plan) : series_(plan.content.symbols.size()) {
    signals_.reserve(2 * plan.messages.size() + 1000);
  }

  void on_signal(const engine::Signal& signal) {
    if (signal.kind == engine::Signal::Kind::state || signal.is_replayed) {
      live_ += signal.is_replayed && signal.is_valid;
      return;
    }
    signals_.push_back({signal.ts_event_ms, signal.ts_recv_ns, signal.ts_published_ns, signal.is_valid});
  }
  /// Every series has said so once.
  bool are_all_live() const { return live_ >= series_; }
  std::size_t signals() const { return signals_.size(); }

  Latencies latencies(const Plan& plan, const std::vector<std::int64_t>& sent_ns) const {
    std::unordered_map<std::int64_t, std::int64_t> sent_at;
    for (std::size_t i = 0; i < sent_ns.size(); ++i)
      sent_at.emplace(plan.messages[i].ts_event_ms, sent_ns[i]);
    Latencies latencies;
    for (const Seen& seen : signals_) {
      if (!seen.is_valid) throw std::runtime_error("bench: a signal was not valid");
      const std::int64_t sent = sent_at.at(seen.ts_event_ms);
      latencies.socket_to_signal.push_back(static_cast<double>(seen.ts_published_ns - sent));
      latencies.socket_to_receive.push_back(static_cast<double>(seen.ts_recv_ns - sent));
      latencies.receive_to_signal.push_back(static_cast<double>(seen.ts_published_ns - seen.ts_recv_ns));
    }
    latencies.sent_per_s =
        static_cast<double>(sent_ns.size() - 1) * 1e9 / static_cast<double>(sent_ns.back() - sent_ns.front());
    return latencies;
  }

 private:
  struct Seen {
    std::int64_t ts_event_ms, ts_recv_ns, ts_published_ns;
    bool is_valid;
  };
  std::vector<Seen> signals_;
  std::size_t series_, live_ = 0;
};

Latencies run_daemon(const Plan& plan, engine::PollMode poll) {
  BenchVenue venue(plan.content);
  engine::Daemon daemon(daemon_config(venue, plan.content, poll));
  Observer observer(plan);
  std::vector<std::int64_t> sent_ns;
  bool is_undisturbed = false;
  std::thread sender;
  std::exception_ptr failure;
  const auto deadline = steady_clock::now() + kLimit;
  const auto check = [&] {
    if (observer.signals() == plan.messages.size() || steady_clock::now() > deadline) daemon.stop();
    if (sender.joinable() || !observer.are_all_live()) return;
    sender = std::thread([&] {
      try {
        // At a rate, outputs of one message come while the next is being sent.
        is_undisturbed = plan.per_s > 0 && poll == engine::PollMode::busy && send_undisturbed();
        sent_ns = send_messages(venue, plan);
      } catch (...) {
        failure = std::current_exception();
      }
    });
  };
  daemon.start();
  daemon.run_outputs(20, check, [&](const engine::Signal& signal) { observer.on_signal(signal); });
  if (sender.joinable()) sender.join();
  if (failure) std::rethrow_exception(failure);
  if (observer.signals() != plan.messages.size()) {
    throw std::runtime_error("bench: not every frame became a signal within 60 s");
  }
  Latencies latencies = observer.latencies(plan, sent_ns);
  latencies.is_sender_undisturbed = is_undisturbed;
  return latencies;
}

constexpr std::pair<const char*, engine::PollMode> kModes[] = {{"busy", engine::PollMode::busy},
                                                               {"wait", engine::PollMode::wait}};

void measure_one_at_a_time(const BenchOptions& options, Json& json) {
  const Plan plan = make_plan({20, 50, options.is_quick ? 1000U : 20'000U, 0});
  json["messages"] = plan.messages.size();
  json.update(measure_loopback(plan.messages.size()));
  for (const auto& [name, poll] : kModes) {
    const Latencies latencies = run_daemon(plan, poll);
    json[fmt::format("socket_to_signal_{}_ns", name)] = percentiles(latencies.socket_to_signal);
    json[fmt::format("socket_to_receive_{}_ns", name)] = percentiles(latencies.socket_to_receive);
    json[fmt::format("receive_to_signal_{}_ns", name)] = percentiles(latencies.receive_to_signal);
  }
}

/// Percentiles of each of `slices` equal parts, in the order of time, and then the median part's: a second in
/// which something else had the CPU is not the engine's. `max` is the largest of all.
Json median_percentiles(const std::vector<double>& values, std::size_t slices) {
  std::map<std::string, std::vector<double>> by_name;
  const auto step = static_cast<std::ptrdiff_t>(values.size() / slices);
  for (auto begin = values.begin(); values.end() - begin >= step; begin += step) {
    const Json slice = percentiles({begin, begin + step});
    for (const auto& [name, value] : slice.items()) by_name[name].push_back(value.get<double>());
  }
  Json json;
  for (const char* name : {"p50", "p99", "p999"}) json[name] = median(by_name[name]);
  json["max"] = *std::max_element(by_name["max"].begin(), by_name["max"].end());
  return json;
}

void measure_at_rate(const BenchOptions& options, Json& json) {
  const std::size_t seconds = options.is_quick ? 1 : 6;
  const Plan plan = make_plan({200, 300, options.is_quick ? 5'000U : seconds * 50'000, 50'000});
  for (const auto& [name, poll] : kModes) {
    const Latencies latencies = run_daemon(plan, poll);
    Json& rate = json[fmt::format("at_50000_per_s_{}", name)];
    rate["messages"] = plan.messages.size();
    rate["sent_per_s"] = rounded(latencies.sent_per_s, 0);
    rate["is_sender_undisturbed"] = latencies.is_sender_undisturbed;
    rate["socket_to_signal_ns"] = median_percentiles(latencies.socket_to_signal, seconds);
    rate["socket_to_receive_ns"] = median_percentiles(latencies.socket_to_receive, seconds);
    rate["receive_to_signal_ns"] = median_percentiles(latencies.receive_to_signal, seconds);
  }
}

}  // namespace

Json measure_latency(const BenchOptions& options) {
  Json json;
  measure_one_at_a_time(options, json);
  measure_at_rate(options, json);
  return json;
}

}  // namespace lockstep::bench
