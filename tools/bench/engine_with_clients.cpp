// Stretches with and without clients take turns within one run, because the machine is not the same from one
// minute to the next; and clients come and go with their stretch, because open connections cost something,
// too.
#include "tools/bench/engine_with_clients.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <vector>

#include "engine/api/api_server.hpp"
#include "engine/daemon.hpp"
#include "tools/bench/client_process.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/pace.hpp"
#include "tools/bench/statistics.hpp"
#include "tools/bench/venue_plan.hpp"

namespace lockstep::bench {
namespace {

using std::chrono::steady_clock;

constexpr double kFramesPerS = 1000;
constexpr std::chrono::seconds kLimit{300};
/// Each with its part of the symbols: a feed asks one venue for the history of so many within a minute.
constexpr std::size_t kVenues = 2;

struct Shape {
  std::size_t clients;    ///< as many as symbols
  std::size_t stretches;  ///< of each kind
  std::size_t frames;     ///< of a stretch
};

/// The outputs thread's part: remembers every signal of the stream.
class Observer {
 public:
  Observer(std::size_t series, std::size_t messages) : series_(series) {
    signals_.reserve(2 * messages + 1000);
  }

  void on_signal(const engine::Signal& signal) {
    if (signal.kind == engine::Signal::Kind::state || signal.is_replayed) {
      live_ += signal.is_replayed && signal.is_valid;
      return;
    }
    signals_.push_back({signal.ts_event_ms, signal.ts_recv_ns, signal.ts_published_ns, signal.is_valid});
    count_.store(signals_.size(), std::memory_order_release);
  }
  bool are_all_live() const { return live_ >= series_; }
  /// Any thread.
  std::size_t signals() const { return count_.load(std::memory_order_acquire); }

  struct Seen {
    std::int64_t ts_event_ms, ts_recv_ns, ts_published_ns;
    bool is_valid;
  };
  /// Once the outputs thread has ended.
  const std::vector<Seen>& seen() const { return signals_; }

 private:
  std::size_t series_;
  std::size_t live_ = 0;
  std::vector<Seen> signals_;
  std::atomic<std::size_t> count_{0};
};

/// Venues that share the symbols of a plan.
class Venues {
 public:
  explicit Venues(const VenueContent& content) : symbols_(content.symbols.size()) {
    for (std::size_t v = 0; v < kVenues; ++v) {
      const auto begin = static_cast<std::ptrdiff_t>(v * symbols_ / kVenues);
      const auto end = static_cast<std::ptrdiff_t>((v + 1) * symbols_ / kVenues);
      VenueContent& part = parts_.emplace_back();
      part.symbols.assign(content.symbols.begin() + begin, content.symbols.begin() + end);
      part.history.assign(content.history.begin() + begin, content.history.begin() + end);
      part.server_time_ms = content.server_time_ms;
      venues_.push_back(std::make_unique<BenchVenue>(part));
    }
  }

  engine::Config config(engine::PollMode poll) const {
    engine::Config config = daemon_config(*venues_[0], parts_[0], poll);
    for (std::size_t v = 1; v < kVenues; ++v)
      config.feeds.push_back(daemon_config(*venues_[v], parts_[v], poll).feeds.front());
    return config;
  }
  /// Message `index` of the plan.
  void send(std::size_t index, const Message& message) {
    BenchVenue& venue = *venues_[index % symbols_ * kVenues / symbols_];
    if (!venue.send(message.frame)) throw std::runtime_error("bench: the daemon has hung up");
  }

 private:
  std::size_t symbols_;
  std::vector<VenueContent> parts_;
  std::vector<std::unique_ptr<BenchVenue>> venues_;
};

void wait_for_signals(const Observer& observer, std::size_t count) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(30);
  while (observer.signals() < count) {
    if (steady_clock::now() > deadline) throw std::runtime_error("bench: not every frame became a signal");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// What came of all stretches.
struct Sent {
  std::vector<std::int64_t> sent_ns;  ///< by message: just before its send()
  std::uint64_t missing = 0;          ///< messages that clients did not get
};

/// Without clients and with them in turns. Frames come at random times, the same ones in each stretch: those
/// that come close together are what other work gets in the way of.
Sent send_stretches(const Shape& shape, Venues& venues, int port, const VenuePlan& plan,
                    const Observer& observer, ClientProcess& clients) {
  Sent sent;
  for (std::size_t i = 0; i < 2 * shape.stretches; ++i) {
    const bool has_clients = i % 2 == 1;
    if (has_clients) clients.connect(port, shape.clients);
    Pace pace = Pace::at_rate(kFramesPerS);
    for (std::size_t frame = 0; frame < shape.frames; ++frame) {
      pace.wait();
      const std::size_t message = sent.sent_ns.size();
      sent.sent_ns.push_back(wall_ns());
      venues.send(message, plan.messages[message]);
    }
    wait_for_signals(observer, sent.sent_ns.size());
    if (!has_clients) continue;
    sent.missing += clients.missing_of(shape.frames);
    clients.disconnect();
  }
  return sent;
}

/// Nanoseconds of each frame, by stretch.
struct Stretches {
  std::vector<std::vector<double>> receive_to_signal, send_to_signal;
};

Stretches by_stretch(const Shape& shape, const VenuePlan& plan, const Sent& sent, const Observer& observer) {
  std::unordered_map<std::int64_t, std::size_t> index;
  for (std::size_t i = 0; i < plan.messages.size(); ++i) index.emplace(plan.messages[i].ts_event_ms, i);
  Stretches stretches;
  stretches.receive_to_signal.resize(2 * shape.stretches);
  stretches.send_to_signal.resize(2 * shape.stretches);
  for (const Observer::Seen& seen : observer.seen()) {
    if (!seen.is_valid) throw std::runtime_error("bench: a signal was not valid");
    const std::size_t message = index.at(seen.ts_event_ms);
    if (message % shape.frames < shape.frames / 10) continue;  // clients have just come, or gone
    const std::size_t stretch = message / shape.frames;
    stretches.receive_to_signal[stretch].push_back(
        static_cast<double>(seen.ts_published_ns - seen.ts_recv_ns));
    stretches.send_to_signal[stretch].push_back(
        static_cast<double>(seen.ts_published_ns - sent.sent_ns[message]));
  }
  return stretches;
}

/// The ratio is that of neighbours, and of those the median: what changes slowly on the machine is in both.
Json compare(const std::vector<std::vector<double>>& stretches) {
  Json json;
  for (const char* name : {"p50", "p99"}) {
    std::vector<double> without, with, ratios;
    for (std::size_t i = 0; i + 1 < stretches.size(); i += 2) {
      without.push_back(percentiles(stretches[i]).at(name).get<double>());
      with.push_back(percentiles(stretches[i + 1]).at(name).get<double>());
      ratios.push_back(with.back() / without.back());
    }
    json[name] = {
        {"without", median(without)}, {"with", median(with)}, {"ratio", rounded(median(ratios), 3)}};
    json[name]["ratios"] = Json::array();
    for (const double ratio : ratios) json[name]["ratios"].push_back(rounded(ratio, 3));
  }
  return json;
}

Json run_daemon(const Shape& shape, const VenuePlan& plan, engine::PollMode poll) {
  ClientProcess clients;
  Venues venues(plan.content);
  engine::Config config = venues.config(poll);
  config.engine.anchor = engine::parse_anchor("rolling:200/100");
  config.api.clients_max = static_cast<int>(4 * shape.clients);  // one address may take half of them
  engine::Daemon daemon(config);
  Observer observer(shape.clients, plan.messages.size());
  std::thread sender;
  std::exception_ptr failure;
  Sent sent;
  std::atomic<bool> is_done{false};
  const auto deadline = steady_clock::now() + kLimit;
  const auto check = [&] {
    if (is_done || steady_clock::now() > deadline) daemon.stop();
    if (sender.joinable() || !observer.are_all_live()) return;
    sender = std::thread([&, port = daemon.api().port()] {
      try {
        sent = send_stretches(shape, venues, port, plan, observer, clients);
      } catch (...) {
        failure = std::current_exception();
      }
      is_done = true;
    });
  };
  daemon.start();
  daemon.run_outputs(20, check, [&](const engine::Signal& signal) { observer.on_signal(signal); });
  if (!sender.joinable()) throw std::runtime_error("bench: not every series was live within 300 s");
  sender.join();
  if (failure) std::rethrow_exception(failure);
  const Stretches stretches = by_stretch(shape, plan, sent, observer);
  Json json;
  json["messages_missing"] = sent.missing;
  json["receive_to_signal_ns"] = compare(stretches.receive_to_signal);
  json["send_to_signal_ns"] = compare(stretches.send_to_signal);
  return json;
}

}  // namespace

Json measure_engine_with_clients(const BenchOptions& options) {
  const Shape shape = options.is_quick ? Shape{50, 1, 200} : Shape{1000, 15, 2000};
  const VenuePlan plan = make_plan({.symbols = shape.clients, .history_bars = 500, .frames_per_bar = 10},
                                   2 * shape.stretches * shape.frames);
  Json json;
  json["clients"] = shape.clients;
  json["wait"] = run_daemon(shape, plan, engine::PollMode::wait);
  json["busy"] = run_daemon(shape, plan, engine::PollMode::busy);
  return json;
}

}  // namespace lockstep::bench
