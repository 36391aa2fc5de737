// From the venue's send() to the published signal: a whole daemon on a real websocket.
#include <fmt/format.h>
#include <sys/prctl.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <random>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include "engine/cpu_place.hpp"
#include "engine/daemon.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/bench_venue.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/frames.hpp"
#include "tools/bench/loopback.hpp"
#include "tools/bench/price_walk.hpp"
#include "tools/bench/statistics.hpp"

namespace lockstep::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kSymbols = 20;
/// Of each bar, the last of them closed.
constexpr int kFramesPerBar = 50;
constexpr std::int64_t kHistoryBars = 1700;
constexpr std::int64_t kFirstOpenMs = 1'700'000'040'000;
constexpr std::int64_t kLiveOpenMs = kFirstOpenMs + kHistoryBars * kMinuteMs;
constexpr std::chrono::seconds kLimit{60};

/// One frame on its way.
struct Message {
  std::string frame;
  std::int64_t ts_event_ms = 0;  ///< tells the messages apart: no two have the same
  std::int64_t sent_ns = 0;
};

struct Plan {
  VenueContent content;
  std::vector<Message> messages;
};

Plan make_plan(std::size_t messages) {
  Plan plan;
  plan.content.symbols = symbol_names(kSymbols);
  plan.content.server_time_ms = kLiveOpenMs;
  std::vector<PriceWalk> walks;
  for (std::size_t s = 0; s < kSymbols; ++s) {
    walks.emplace_back(s + 1, kFirstOpenMs);
    plan.content.history.push_back(walk_bars(walks[s], kHistoryBars));
  }
  while (plan.messages.size() < messages) {
    std::vector<BarTicks> bars;
    for (PriceWalk& walk : walks) bars.push_back(walk.next());
    for (int step = 1; step <= kFramesPerBar; ++step) {
      for (std::size_t s = 0; s < kSymbols; ++s) {
        const bool is_closed = step == kFramesPerBar;
        const std::int64_t ts_event_ms =
            bars[s].ts_open_ms + kMinuteMs * step / kFramesPerBar + static_cast<int>(s);
        const BarTicks bar = is_closed ? bars[s] : open_part(bars[s], step, kFramesPerBar);
        const std::string text = kline_text(plan.content.symbols[s], bar, is_closed, ts_event_ms);
        plan.messages.push_back({websocket_frame(text), ts_event_ms, 0});
      }
    }
  }
  return plan;
}

engine::Config daemon_config(const BenchVenue& venue, const VenueContent& content, engine::PollMode poll) {
  engine::Config config;
  feeds::FeedConfig feed;
  feed.venue = "binance_spot";
  feed.symbols = content.symbols;
  feed.intervals = {"1m"};
  feed.ws_url = venue.ws_url();
  feed.rest_url = venue.rest_url();
  config.feeds = {feed};
  config.engine.poll = poll;
  config.engine.late_s = 3600;  // venue time stands still until the first frame, and then runs
  config.api.port = 0;
  return config;
}

/// Sends the messages one at a time, 100 to 200 us apart.
void send_messages(BenchVenue& venue, std::vector<Message>& messages) {
  // A market's packets do not come from the CPU of the thread that waits for them: stay off the network's,
  // which is 0.
  engine::stay_on_cpu(1);
  prctl(PR_SET_TIMERSLACK, 1UL);  // sleeps end when they should, not up to 50 us later
  std::mt19937 random(1);
  for (Message& message : messages) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(100'000 + random() % 100'000));
    message.sent_ns = wall_ns();
    if (!venue.send(message.frame)) throw std::runtime_error("bench: the daemon has hung up");
  }
}

struct Latencies {
  std::vector<double> socket_to_signal, socket_to_receive, receive_to_signal;
};

/// What the outputs thread sees.
class Observer {
 public:
  explicit Observer(std::size_t messages) { signals_.reserve(2 * messages + 1000); }

  void on_signal(const engine::Signal& signal) {
    if (signal.kind == engine::Signal::Kind::state || signal.is_replayed) {
      live_ += signal.is_replayed && signal.is_valid;
      return;
    }
    signals_.push_back({signal.ts_event_ms, signal.ts_recv_ns, signal.ts_published_ns, signal.is_valid});
  }
  /// Every series has said so once.
  bool are_all_live() const { return live_ >= kSymbols; }
  std::size_t signals() const { return signals_.size(); }

  Latencies latencies(const std::vector<Message>& messages) const {
    std::unordered_map<std::int64_t, std::int64_t> sent_ns;
    for (const Message& message : messages) sent_ns.emplace(message.ts_event_ms, message.sent_ns);
    Latencies latencies;
    for (const Seen& seen : signals_) {
      if (!seen.is_valid) throw std::runtime_error("bench: a signal was not valid");
      const std::int64_t sent = sent_ns.at(seen.ts_event_ms);
      latencies.socket_to_signal.push_back(static_cast<double>(seen.ts_published_ns - sent));
      latencies.socket_to_receive.push_back(static_cast<double>(seen.ts_recv_ns - sent));
      latencies.receive_to_signal.push_back(static_cast<double>(seen.ts_published_ns - seen.ts_recv_ns));
    }
    return latencies;
  }

 private:
  struct Seen {
    std::int64_t ts_event_ms, ts_recv_ns, ts_published_ns;
    bool is_valid;
  };
  std::vector<Seen> signals_;
  std::size_t live_ = 0;
};

Latencies run_daemon(Plan plan, engine::PollMode poll) {
  BenchVenue venue(plan.content);
  engine::Daemon daemon(daemon_config(venue, plan.content, poll));
  Observer observer(plan.messages.size());
  std::thread sender;
  std::exception_ptr failure;
  const auto deadline = steady_clock::now() + kLimit;
  const auto check = [&] {
    if (observer.signals() == plan.messages.size() || steady_clock::now() > deadline) daemon.stop();
    if (sender.joinable() || !observer.are_all_live()) return;
    sender = std::thread([&] {
      try {
        send_messages(venue, plan.messages);
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
  return observer.latencies(plan.messages);
}

}  // namespace

Json measure_latency(const BenchOptions& options) {
  const Plan plan = make_plan(options.is_quick ? 1000 : 20'000);
  Json json;
  json["messages"] = plan.messages.size();
  json.update(measure_loopback(plan.messages.size()));
  for (const auto& [name, poll] :
       {std::pair{"busy", engine::PollMode::busy}, {"wait", engine::PollMode::wait}}) {
    const Latencies latencies = run_daemon(plan, poll);
    json[fmt::format("socket_to_signal_{}_ns", name)] = percentiles(latencies.socket_to_signal);
    json[fmt::format("socket_to_receive_{}_ns", name)] = percentiles(latencies.socket_to_receive);
    json[fmt::format("receive_to_signal_{}_ns", name)] = percentiles(latencies.receive_to_signal);
  }
  return json;
}

}  // namespace lockstep::bench
