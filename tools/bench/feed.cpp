// Kline frames: what one costs to read, and how many a feed takes.
#include "feeds/feed.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "engine/outlet.hpp"
#include "feeds/bar_reader.hpp"
#include "feeds/binance/parse.hpp"
#include "feeds/series_table.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/bench_venue.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/frames.hpp"
#include "tools/bench/parse_venues.hpp"
#include "tools/bench/price_walk.hpp"
#include "tools/bench/statistics.hpp"

namespace lockstep::bench {
namespace {

constexpr std::size_t kSymbols = 200;
constexpr int kFramesPerSymbol = 32;
/// Frames per write of the sender.
constexpr std::size_t kBlockFrames = 64;
constexpr std::int64_t kFirstOpenMs = 1'700'000'040'000;
constexpr std::size_t kQueueEventsMax = 1 << 17;

/// Different frames of all symbols, in turn, as they come on a busy connection.
std::vector<std::string> make_texts(const std::vector<std::string>& symbols) {
  std::vector<PriceWalk> walks;
  for (std::size_t i = 0; i < symbols.size(); ++i) walks.emplace_back(i + 1, kFirstOpenMs);
  std::vector<std::string> texts;
  for (int i = 0; i < kFramesPerSymbol; ++i) {
    for (std::size_t s = 0; s < symbols.size(); ++s) {
      const BarTicks bar = walks[s].next();
      texts.push_back(kline_text(symbols[s], bar, false, bar.ts_open_ms + 31'007));
    }
  }
  return texts;
}

core::Catalog make_catalog(const std::vector<std::string>& symbols) {
  core::Catalog catalog;
  for (const std::string& symbol : symbols) catalog.add("binance_spot", symbol, *core::Interval::parse("1m"));
  return catalog;
}

/// From the text of a frame to the event, as the feed's stream does it.
core::MarketEvent read_event(feeds::FrameParser& parser, const feeds::SeriesTable& table,
                             const core::Catalog& catalog, std::string_view text) {
  static thread_local feeds::Frame frame;
  core::MarketEvent event;
  if (!parser.parse(text, frame).is_ok()) throw std::runtime_error("bench: a frame was not understood");
  const auto id = table.find(frame.bars[0].symbol, frame.bars[0].interval);
  if (!id) throw std::runtime_error("bench: a frame's series is not known");
  if (feeds::read_bar(frame.bars[0].bar, catalog[*id].interval, kWalkScale, event) != core::Reason::none) {
    throw std::runtime_error("bench: a frame's bar was refused");
  }
  event.kind = core::EventKind::bar;
  event.series = *id;
  event.is_closed = frame.bars[0].is_closed() ? 1 : 0;
  event.ts_event_ms = frame.bars[0].ts_event_ms;
  return event;
}

double parse_ns(const std::vector<std::string>& symbols, const BenchOptions& options) {
  const core::Catalog catalog = make_catalog(symbols);
  feeds::SeriesTable table;
  for (const core::Series& series : catalog.series())
    table.add(series.symbol, series.interval.text(), series.id);
  // One frame after another in one buffer, as they lie in the socket's.
  std::string bytes;
  std::vector<std::pair<std::size_t, std::size_t>> places;
  for (const std::string& text : make_texts(symbols)) {
    places.emplace_back(bytes.size(), text.size());
    bytes += text;
  }
  bytes.append(feeds::kJsonPadding, ' ');
  feeds::binance::BinanceFrameParser parser;
  std::vector<double> ns;
  for (int repeat = 0; repeat < (options.is_quick ? 3 : 101); ++repeat) {
    const std::int64_t begin_ns = thread_cpu_ns();
    for (const auto& [at, size] : places) {
      // What is read must not be optimised away: the compiler has to believe that somebody looks at it.
      const core::MarketEvent event =
          read_event(parser, table, catalog, std::string_view(bytes).substr(at, size));
      asm volatile("" : : "g"(&event) : "memory");
    }
    ns.push_back(static_cast<double>(thread_cpu_ns() - begin_ns) / static_cast<double>(places.size()));
  }
  return rounded(median(ns), 1);
}

/// A shard's queue, emptied on the feed's own thread: with two cores there is none left for a shard. Notes
/// the clocks after every `segment` bars.
class QueueSink final : public feeds::EventSink {
 public:
  struct Mark {
    std::int64_t wall_ns, cpu_ns;
  };

  QueueSink(std::size_t segment, std::size_t marks_max)
      : segment_(segment), marks_max_(marks_max), queue_(kQueueEventsMax), outlet_({&queue_}) {}

  bool push(const core::MarketEvent& event) override {
    const bool is_pushed = outlet_.push(event);
    if (queue_.depth() >= kBlockFrames) queue_.take(taken_, kBlockFrames);
    if (event.kind == core::EventKind::bar && ++bars_ % segment_ == 0 && marks_.size() < marks_max_) {
      marks_.push_back({wall_ns(), thread_cpu_ns()});
      if (marks_.size() == marks_max_) is_done_.store(true, std::memory_order_release);
    }
    return is_pushed;
  }

  bool is_done() const { return is_done_.load(std::memory_order_acquire); }
  /// Once the feed's thread has ended.
  const std::vector<Mark>& marks() const { return marks_; }

 private:
  std::size_t segment_, marks_max_, bars_ = 0;
  core::EventQueue queue_;
  engine::FeedOutlet outlet_;
  core::MarketEvent taken_[kBlockFrames];
  std::vector<Mark> marks_;
  std::atomic<bool> is_done_{false};
};

std::vector<std::string> make_blocks(const std::vector<std::string>& texts) {
  std::vector<std::string> blocks;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i % kBlockFrames == 0) blocks.emplace_back();
    blocks.back() += websocket_frame(texts[i]);
  }
  return blocks;
}

void send_until_done(BenchVenue& venue, const std::vector<std::string>& blocks, const QueueSink& sink) {
  for (std::size_t i = 0; !sink.is_done(); ++i) {
    if (!venue.send(blocks[i % blocks.size()])) throw std::runtime_error("bench: the feed has hung up");
  }
}

/// Puts frames_per_s, frame_cpu_ns and frames_cpu_limit_per_s into `json`.
void measure_frames(const std::vector<std::string>& symbols, const BenchOptions& options, Json& json) {
  VenueContent content;
  content.symbols = symbols;
  content.server_time_ms = kFirstOpenMs;
  BenchVenue venue(content);
  const core::Catalog catalog = make_catalog(symbols);
  QueueSink sink(options.is_quick ? 10'000 : 200'000, options.is_quick ? 4 : 16);
  feeds::FeedConfig config;
  config.venue = "binance_spot";
  config.symbols = symbols;
  config.intervals = {"1m"};
  config.ws_url = venue.ws_url();
  config.rest_url = venue.rest_url();
  std::vector<core::SeriesId> ids;
  for (const core::Series& series : catalog.series()) ids.push_back(series.id);
  boost::asio::io_context io(1);
  const auto feed = feeds::make_feed(io, config, catalog, ids, sink);
  boost::asio::post(io, [&] { feed->start(); });
  feeds::FeedHealth health;
  std::thread network([&] { io.run(); });
  std::exception_ptr failure;
  try {
    venue.wait_subscribed();
    send_until_done(venue, make_blocks(make_texts(symbols)), sink);
  } catch (...) {
    failure = std::current_exception();
  }
  boost::asio::post(io, [&] {
    health = feed->health();
    feed->stop();
  });
  network.join();
  if (failure) std::rethrow_exception(failure);
  if (health.records_refused != 0 || health.reconnects != 0) {
    throw std::runtime_error("bench: the feed refused a frame or lost its connection: " + health.last_error);
  }
  std::vector<double> wall, cpu;
  const double frames = options.is_quick ? 10'000 : 200'000;
  const auto& marks = sink.marks();
  for (std::size_t i = 1; i < marks.size(); ++i) {
    wall.push_back(static_cast<double>(marks[i].wall_ns - marks[i - 1].wall_ns) / frames);
    cpu.push_back(static_cast<double>(marks[i].cpu_ns - marks[i - 1].cpu_ns) / frames);
  }
  json["frames_per_s"] = rounded(1e9 / median(wall), 0);
  json["frame_cpu_ns"] = rounded(median(cpu), 1);
  json["frames_per_cpu_s"] = rounded(1e9 / median(cpu), 0);
}

}  // namespace

Json measure_feed(const BenchOptions& options) {
  const std::vector<std::string> symbols = symbol_names(kSymbols);
  Json json;
  json["parse_ns"] = parse_ns(symbols, options);
  json["parse_ns_by_venue"] = measure_parse_by_venue(options);
  measure_frames(symbols, options, json);
  return json;
}

}  // namespace lockstep::bench
