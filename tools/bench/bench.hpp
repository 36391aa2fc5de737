// The groups of `lockstep bench`. Each measures for some seconds and gives one JSON object: the figures of
// docs/performance.md, medians unless the name says otherwise. All throw std::runtime_error when what they
// measure does not work: a figure of something broken is worse than none.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace lockstep::bench {

using Json = nlohmann::ordered_json;

struct BenchOptions {
  bool is_quick = false;  ///< some seconds in all; the figures show only that everything works
};

/// What the figures were measured on: CPU, cores, instruction sets, kernel, load.
Json describe_machine();
/// What was measured: version, build type, compiler.
Json describe_build();

/// One bar through the indicator: commit, peek, bytes of a state. Thread CPU time.
Json measure_incremental(const BenchOptions& options);
/// commit_ns of each step that this machine can run, by name. Starts this program again for each: the step is
/// chosen once per process.
Json measure_cpu_paths(const BenchOptions& options);
/// Many series at once: CPU of every backend, wall time of whole batches.
Json measure_batch(const BenchOptions& options);
/// 10,000 x 1,500 on the GPU, wall and kernel time, and what a kernel compiled for a configuration gains;
/// without a GPU the reason.
Json measure_cuda(const BenchOptions& options);
/// Kline frames: bytes to event, and what a feed takes from a local socket.
Json measure_feed(const BenchOptions& options);
/// From before send() at the venue to the published signal, through a whole daemon, busy and waiting.
Json measure_latency(const BenchOptions& options);
/// The minute close of many symbols on one shard.
Json measure_engine(const BenchOptions& options);
/// The histories of 1,000 symbols through one shard, and the same series by series.
Json measure_cold_start(const BenchOptions& options);
/// Journal: appending, what it costs a shard, starting from it.
Json measure_journal(const BenchOptions& options);
/// The API server: 1,000 stream clients, fan-out, requests.
Json measure_api(const BenchOptions& options);
/// A journal through the shards again.
Json measure_replay(const BenchOptions& options);
/// CSV in, CSV out.
Json measure_compute(const BenchOptions& options);

/// The figures beside what is asked of them, as lines of text.
std::string table_text(const Json& figures);

}  // namespace lockstep::bench
