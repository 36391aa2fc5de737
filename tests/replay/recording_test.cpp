// Raw frames: recorded from the exchange simulator, cut off anywhere, replayed to the digests of the live
// run.
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/journal/storage.hpp"
#include "replay/recorder.hpp"
#include "replay/recording_replay.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"
#include "tests/tools/temporary_folder.hpp"

namespace lockstep::replay {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

std::vector<std::byte> bytes_of(const std::string& path) {
  std::vector<std::byte> bytes;
  REQUIRE(engine::journal::posix_storage().read(path, bytes) == 0);
  return bytes;
}

void write_bytes(const std::string& path, std::span<const std::byte> bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

engine::Config config_of(const sim::ExchangeSim& exchange, const std::string& venue) {
  engine::Config config;
  config.atc.lengths.fill(8);
  config.atc.robustness = Robustness::narrow;
  feeds::FeedConfig feed;
  feed.venue = venue;
  feed.symbols = exchange.symbol_names();
  feed.intervals = {"1m"};
  feed.ws_url = exchange.ws_url();
  feed.rest_url = exchange.rest_url();
  feed.backoff_ms_max = 100;
  config.feeds = {feed};
  config.feed_places = {""};
  return config;
}

/// Some seconds of a session, with a lost connection in it, and what the live run came to.
std::string record(const std::string& path, std::uint64_t bars_wanted,
                   const RecordingWriter::Limits& limits) {
  sim::SimConfig setup;
  setup.seed = 9;
  setup.symbols = 3;
  setup.speed = 600;
  sim::ExchangeSim exchange(setup);
  exchange.start();
  boost::asio::io_context io{1};
  Recorder recorder(io, config_of(exchange, "binance_spot"), path, limits);
  recorder.start();
  const auto deadline = steady_clock::now() + 60s;
  std::uint64_t bars = 0;
  std::uint64_t seen = 0;
  bool has_cut = false;
  while (bars < bars_wanted && steady_clock::now() < deadline) {
    io.run_one_for(100ms);
    const std::uint64_t now = recorder.pipeline().bars();
    bars += now >= seen ? now - seen : now;
    seen = now;
    if (!has_cut && bars > bars_wanted / 2) {
      has_cut = true;
      exchange.cut_connections();
    }
  }
  recorder.stop();
  io.run_for(1s);
  REQUIRE(bars >= bars_wanted);
  REQUIRE(recorder.problem() == "");
  exchange.stop();
  return recorder.pipeline().digests_text();
}

}  // namespace

TEST_CASE("a recorded session replays to the digests that the live run wrote", "[replay][recording]") {
  const lockstep::test::TemporaryFolder folder;
  const std::string path = folder.path("session.rec");
  const std::string live = record(path, 60, {});
  const RecordingReport report = replay_recording({path, 0});
  REQUIRE(report.differences.empty());
  REQUIRE(report.problems.empty());
  REQUIRE(report.compared >= 1);
  REQUIRE(report.frames > 60);
  REQUIRE(report.bars >= 60);
  REQUIRE(report.frames_bad == 0);
  // Again, and at a speed: the same.
  std::string digests;
  for (const PipelineSeries& series : report.series) digests += series.digest.hex();
  const RecordingReport paced = replay_recording({path, 50});
  std::string again;
  for (const PipelineSeries& series : paced.series) again += series.digest.hex();
  REQUIRE(digests == again);
  REQUIRE(live.find(report.series[0].digest.hex()) != std::string::npos);

  SECTION("one changed price is found") {
    const auto bytes = bytes_of(path);
    const auto value_of = [](const std::string& payload, const char* key) {
      const std::size_t at = payload.find(key) + std::strlen(key);
      return std::pair(at, payload.substr(at, payload.find('"', at) - at));
    };
    // The last closed bar that the last digests know of: bars before a hole of the stream are not in them.
    const auto can_be_forged = [&](const RecordingView& view) {
      const std::string payload(view.payload);
      return view.type == RecordingType::frame && payload.find("\"x\":true") != std::string::npos &&
             value_of(payload, "\"o\":\"").second != value_of(payload, "\"c\":\"").second;
    };
    int seen = 0, forged = 0;
    read_recording(bytes, [&](const RecordingView& view) {
      seen += can_be_forged(view);
      if (view.type == RecordingType::digests) forged = seen;
    });
    REQUIRE(forged > 0);
    // Written anew, so that all checksums are right.
    seen = 0;
    {
      std::unique_ptr<RecordingWriter> writer;
      read_recording(bytes, [&](const RecordingView& view) {
        std::string payload(view.payload);
        if (view.type == RecordingType::configuration) {
          writer =
              std::make_unique<RecordingWriter>(engine::journal::posix_storage(), folder.path("forged.rec"),
                                                payload, RecordingWriter::Limits());
          return;
        }
        if (view.type == RecordingType::connection) {
          const std::size_t end = payload.find('\n');
          writer->add_connection(payload.substr(0, end), payload.substr(end + 1));
          return;
        }
        if (can_be_forged(view) && ++seen == forged) {
          // The open as the close: within low and high, and another price.
          const auto [close_at, close] = value_of(payload, "\"c\":\"");
          payload.replace(close_at, close.size(), value_of(payload, "\"o\":\"").second);
        }
        writer->append(view.type, view.connection, view.recv_ns, payload);
      });
    }
    REQUIRE(replay_recording({folder.path("forged.rec"), 0}).differences.size() == 1);
  }
}

TEST_CASE("rotation: each file is whole in itself", "[replay][recording]") {
  const lockstep::test::TemporaryFolder folder;
  const std::string path = folder.path("session.rec");
  RecordingWriter::Limits limits;
  limits.file_ns_max = 700'000'000;
  limits.block_ns_max = 100'000'000;
  record(path, 60, limits);
  const auto files = recording_files(path);
  REQUIRE(files.size() >= 3);
  const RecordingReport all = replay_recording({path, 0});
  REQUIRE(all.differences.empty());
  REQUIRE(all.files == files.size());
  const RecordingReport second = replay_recording({files[1], 0});
  REQUIRE(second.differences.empty());
  REQUIRE(second.frames > 0);
}

TEST_CASE("S1: a recording that is cut off anywhere is read up to its last whole block",
          "[replay][recording][fault]") {
  const lockstep::test::TemporaryFolder folder;
  const std::string path = folder.path("session.rec");
  {
    RecordingWriter::Limits limits;
    limits.block_bytes = 400;
    RecordingWriter writer(engine::journal::posix_storage(), path, "[engine]\nshards = 1\n", limits);
    const std::uint16_t number = writer.add_connection("binance_spot", "one");
    for (int i = 0; i < 60; ++i)
      writer.append(RecordingType::frame, number, 1'000 + i, "frame number " + std::to_string(i));
  }
  const auto bytes = bytes_of(path);
  std::uint64_t records = 0;
  REQUIRE(read_recording(bytes, [&](const RecordingView&) { ++records; }).problem == "");
  REQUIRE(records == 62);
  std::uint64_t last = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::uint64_t count = 0;
    const RecordingEnd end =
        read_recording(std::span(bytes).first(size), [&](const RecordingView&) { ++count; });
    CAPTURE(size, end.problem);
    REQUIRE(count == end.records);
    REQUIRE(count >= last);
    last = count;
    if (size < kRecordingMagic.size()) {
      REQUIRE_FALSE(end.problem.empty());
    } else {
      REQUIRE((end.problem.empty() || end.is_torn));
      REQUIRE(end.good_bytes <= size);
    }
  }
  // A flipped bit: everything before its block, and no record of it or behind it.
  for (std::size_t at = kRecordingMagic.size(); at < bytes.size(); at += 7) {
    auto damaged = bytes;
    damaged[at] ^= std::byte{16};
    std::string expected_next;
    int next = 0;
    const RecordingEnd end = read_recording(damaged, [&](const RecordingView& view) {
      if (view.type == RecordingType::frame)
        REQUIRE(view.payload == "frame number " + std::to_string(next++));
    });
    CAPTURE(at);
    REQUIRE_FALSE(end.problem.empty());
    REQUIRE(end.good_bytes <= at);
  }
  // A file that is there already is not written over.
  REQUIRE_THROWS_AS(RecordingWriter(engine::journal::posix_storage(), path, "", RecordingWriter::Limits()),
                    engine::journal::StorageError);
  write_bytes(folder.path("other"), std::as_bytes(std::span("something else")));
  REQUIRE_THROWS_AS(replay_recording({folder.path("other"), 0}), engine::journal::StorageError);
}

}  // namespace lockstep::replay
