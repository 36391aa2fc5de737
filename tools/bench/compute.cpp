// `lockstep compute` as a user runs it: a file in, a file out.
#include "tools/compute_command.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "engine/core/decimal.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/price_walk.hpp"
#include "tools/bench/statistics.hpp"
#include "tools/temporary_folder.hpp"

namespace lockstep::bench {
namespace {

void write_bars(const std::string& path, std::size_t bars) {
  PriceWalk walk(7, 1'577'836'800'000);
  std::ofstream csv(path);
  csv << "ts_ms,open,high,low,close,volume\n";
  const auto text = [](std::int64_t ticks) { return core::decimal_text(ticks, kWalkScale); };
  for (std::size_t i = 0; i < bars; ++i) {
    const BarTicks bar = walk.next();
    csv << bar.ts_open_ms << ',' << text(bar.open) << ',' << text(bar.high) << ',' << text(bar.low) << ','
        << text(bar.close) << ",258.7704\n";
  }
  csv.close();
  if (!csv) throw std::runtime_error("bench: cannot write " + path);
}

}  // namespace

Json measure_compute(const BenchOptions& options) {
  const std::size_t bars = options.is_quick ? 20'000 : 1'000'000;
  const tools::TemporaryFolder folder(std::filesystem::temp_directory_path(), "lockstep-bench");
  tools::ComputeOptions compute;
  compute.bars = folder.file("bars.csv");
  compute.out = folder.file("out.csv");
  write_bars(compute.bars, bars);
  std::vector<double> wall_s, cpu_s;
  for (int repeat = 0; repeat < (options.is_quick ? 1 : 7); ++repeat) {
    std::ostringstream errors;
    const std::int64_t begin_ns = wall_ns(), begin_cpu_ns = process_cpu_ns();
    if (tools::run_compute(compute, errors) != 0) throw std::runtime_error("bench: compute: " + errors.str());
    wall_s.push_back(static_cast<double>(wall_ns() - begin_ns) * 1e-9);
    cpu_s.push_back(static_cast<double>(process_cpu_ns() - begin_cpu_ns) * 1e-9);
  }
  const double per_million = 1e6 / static_cast<double>(bars);
  Json json;
  json["bars"] = bars;
  json["bars_per_s"] = rounded(static_cast<double>(bars) / median(wall_s), 0);
  json["seconds_1m_bars"] = rounded(median(wall_s) * per_million, 3);
  json["cpu_seconds_1m_bars"] = rounded(median(cpu_s) * per_million, 3);
  json["in_bytes"] = std::filesystem::file_size(compute.bars);
  json["out_bytes"] = std::filesystem::file_size(compute.out);
  return json;
}

}  // namespace lockstep::bench
