// The outside programs that share no code with lockstep, against the reference and against AtcState.
#include <cmath>
#include <cstdlib>
#include <functional>
#include <set>

#include "incremental/state.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/gz_csv.hpp"
#include "tests/support/reference.hpp"
#include "tests/support/same_bits.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

const std::array<std::string, kFamilies> kColumns = {"EMA", "HMA", "WMA", "DEMA", "LSMA", "KAMA"};

using Runner = std::function<std::vector<ReferenceBar>(const GoldenPair&, const std::vector<BarTicks>&)>;

std::vector<ReferenceBar> run_reference(const GoldenPair& pair, const std::vector<BarTicks>& bars) {
  ReferenceRun run = reference_run(pair.config, pair.price_scale, bars);
  REQUIRE(run.status == Status::ok);
  return run.bars;
}

std::vector<ReferenceBar> run_state(const GoldenPair& pair, const std::vector<BarTicks>& bars) {
  AtcState state(AtcParams::create(pair.config, pair.price_scale));
  std::vector<ReferenceBar> results(bars.size());
  for (std::size_t t = 0; t < bars.size(); ++t) {
    const Status status = state.commit(bars[t], results[t].outputs);
    if (status != Status::ok) FAIL("bar " << t << " refused: " << to_string(status));
    state.detail(results[t].detail);
  }
  return results;
}

std::vector<double> column_of(const CsvTable& table, const std::string& name) {
  const std::size_t column = table.column(name);
  std::vector<double> values;
  for (const auto& row : table.rows) values.push_back(parse_output(row[column]));
  return values;
}

template <typename Field>
std::vector<double> field_of(const std::vector<ReferenceBar>& bars, Field field) {
  std::vector<double> values;
  for (const ReferenceBar& bar : bars) values.push_back(field(bar));
  return values;
}

void require_within(const std::vector<double>& expected, const std::vector<double>& actual, double absolute,
                    double relative) {
  REQUIRE(expected.size() == actual.size());
  for (std::size_t t = 0; t < expected.size(); ++t) {
    if (is_undefined(expected[t]) && is_undefined(actual[t])) continue;
    const double limit = absolute + relative * std::fabs(expected[t]);
    if (!(std::fabs(expected[t] - actual[t]) <= limit)) {
      FAIL("bar " << t << ": expected " << with_bits(expected[t]) << ", got " << with_bits(actual[t]));
    }
  }
}

/// Lines of a golden events file: the bars on which the direction changes or an event fires.
std::vector<std::vector<std::string>> event_lines(const std::vector<BarTicks>& bars,
                                                  const std::vector<ReferenceBar>& results) {
  std::vector<std::vector<std::string>> lines;
  int direction = 0;
  for (std::size_t t = 0; t < bars.size(); ++t) {
    const Outputs& out = results[t].outputs;
    if (out.direction == direction && out.event == TradeEvent::none) continue;
    direction = out.direction;
    const std::string is_long = out.event == TradeEvent::long_ ? "1" : "0";
    const std::string is_short = out.event == TradeEvent::short_ ? "1" : "0";
    lines.push_back({std::to_string(t), std::to_string(bars[t].ts_open_ms), std::to_string(out.direction),
                     is_long, is_short, is_long, is_short});
  }
  return lines;
}

/// Gives the number of values compared.
std::size_t check_golden(const GoldenPair& pair, const Runner& runner) {
  CAPTURE(pair.name);
  const std::vector<BarTicks> bars = read_bars(pair.bars_path, pair.price_scale);
  const std::vector<ReferenceBar> results = runner(pair, bars);
  const CsvTable outputs = read_csv(pair.outputs_path);
  require_same_bits(column_of(outputs, "Average_Signal"),
                    field_of(results, [](const auto& bar) { return bar.outputs.average; }));
  for (std::size_t f = 0; f < kFamilies; ++f) {
    CAPTURE(kColumns[f]);
    require_same_bits(column_of(outputs, kColumns[f] + "_Signal"),
                      field_of(results, [&](const auto& bar) { return bar.outputs.signal[f]; }));
    require_same_bits(column_of(outputs, kColumns[f] + "_S"),
                      field_of(results, [&](const auto& bar) { return bar.outputs.equity[f]; }));
  }
  REQUIRE(read_csv(pair.events_path).rows == event_lines(bars, results));
  return bars.size() * outputs.header.size();
}

std::size_t check_golden_tv(const GoldenPair& pair, const Runner& runner) {
  CAPTURE(pair.name);
  const std::vector<BarTicks> bars = read_bars(pair.bars_path, pair.price_scale);
  const CsvTable outputs = read_csv(pair.outputs_path);
  const std::vector<BarTicks> used(bars.begin(),
                                   bars.begin() + static_cast<std::ptrdiff_t>(outputs.rows.size()));
  const std::vector<ReferenceBar> results = runner(pair, used);
  const CsvTable averages = read_csv(pair.averages_path);
  for (std::size_t f = 0; f < kFamilies; ++f) {
    CAPTURE(kColumns[f]);
    require_same_bits(column_of(outputs, kColumns[f] + "_Signal"),
                      field_of(results, [&](const auto& bar) { return bar.outputs.signal[f]; }));
    require_within(column_of(outputs, kColumns[f] + "_S"),
                   field_of(results, [&](const auto& bar) { return bar.outputs.equity[f]; }), 0, 1e-12);
    require_within(column_of(averages, kColumns[f]),
                   field_of(results, [&](const auto& bar) { return bar.detail.average[f][0]; }), 0, 1e-11);
  }
  require_within(column_of(outputs, "Average_Signal"),
                 field_of(results, [](const auto& bar) { return bar.outputs.average; }), 1e-12, 0);
  require_same_bits(column_of(outputs, "long"), field_of(results, [](const auto& bar) {
                      return bar.outputs.event == TradeEvent::long_ ? 1.0 : 0.0;
                    }));
  require_same_bits(column_of(outputs, "short"), field_of(results, [](const auto& bar) {
                      return bar.outputs.event == TradeEvent::short_ ? 1.0 : 0.0;
                    }));
  return used.size() * (outputs.header.size() + kFamilies);
}

template <typename Check>
void check_all(const std::vector<GoldenPair>& pairs, std::size_t pairs_expected, Check check,
               const Runner& runner) {
  REQUIRE(pairs.size() == pairs_expected);
  for (const GoldenPair& pair : pairs) REQUIRE(check(pair, runner) > 1000);
}

}  // namespace

TEST_CASE("the reference meets golden/ to the bit", "[incremental][golden][reference]") {
  check_all(golden_pairs(), 115, check_golden, run_reference);
}

TEST_CASE("the reference meets golden_tv/ within its own limits", "[incremental][golden][reference]") {
  check_all(golden_tv_pairs(), 32, check_golden_tv, run_reference);
}

TEST_CASE("a state meets golden/ to the bit", "[incremental][golden]") {
  check_all(golden_pairs(), 115, check_golden, run_state);
}

TEST_CASE("a state meets golden_tv/ within its own limits", "[incremental][golden]") {
  check_all(golden_tv_pairs(), 32, check_golden_tv, run_state);
}
