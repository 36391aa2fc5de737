// The outside programs' outputs through every backend.
#include "tests/kernels/batch_rig.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/gz_csv.hpp"
#include "tests/support/random_series.hpp"
#include "tests/support/same_bits.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

const std::array<std::string, kFamilies> kColumns = {"EMA", "HMA", "WMA", "DEMA", "LSMA", "KAMA"};

std::vector<double> column_of(const CsvTable& table, const std::string& name) {
  const std::size_t column = table.column(name);
  std::vector<double> values;
  for (const auto& row : table.rows) values.push_back(parse_output(row[column]));
  return values;
}

/// Lines of a golden events file: bar, time, direction, then long and short twice.
std::vector<std::vector<std::string>> event_lines(const BatchCase& one) {
  std::vector<std::vector<std::string>> lines;
  int direction = 0;
  for (std::size_t t = 0; t < one.bars.size(); ++t) {
    const TradeEvent event = one.columns.event[t];
    if (one.columns.direction[t] == direction && event == TradeEvent::none) continue;
    direction = one.columns.direction[t];
    const std::string is_long = event == TradeEvent::long_ ? "1" : "0";
    const std::string is_short = event == TradeEvent::short_ ? "1" : "0";
    lines.push_back({std::to_string(t), std::to_string(one.bars[t].ts_open_ms), std::to_string(direction),
                     is_long, is_short, is_long, is_short});
  }
  return lines;
}

/// The pair's series in eight ragged pieces of company, so that it goes through lanes; the first is whole.
std::vector<BatchCase> cases_of(const GoldenPair& pair) {
  std::vector<BatchCase> cases(9);
  const auto bars = read_bars(pair.bars_path, pair.price_scale);
  const auto params = AtcParams::create(pair.config, pair.price_scale);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    cases[i].params = params;
    const std::size_t count = i == 0 ? bars.size() : bars.size() * (9 - i) / 10;
    cases[i].bars.assign(bars.begin(), bars.begin() + static_cast<std::ptrdiff_t>(count));
    cases[i].has_end_state = i == 0;
  }
  return cases;
}

}  // namespace

TEST_CASE("every backend meets golden/ to the bit", "[kernels][golden]") {
  const auto pairs = golden_pairs();
  REQUIRE(pairs.size() == 115);
  // The bits are the same under a sanitizer, which needs minutes for all of them.
  const std::size_t step = kIsThreadSanitized ? 16 : 1;
  for (std::size_t at = 0; at < pairs.size(); at += step) {
    const GoldenPair& pair = pairs[at];
    const CsvTable table = read_csv(pair.outputs_path);
    const auto events = read_csv(pair.events_path).rows;
    std::vector<BatchCase> cases = cases_of(pair);
    for (const Backend backend : tested_backends()) {
      CAPTURE(pair.name, to_string(backend));
      BatchOptions options;
      options.backend = backend;
      Batch batch(options);
      REQUIRE(recompute(batch, cases).backend == backend);
      const BatchCase& whole = cases[0];
      require_same_bits(column_of(table, "Average_Signal"), whole.columns.average);
      for (std::size_t f = 0; f < kFamilies; ++f) {
        CAPTURE(kColumns[f]);
        require_same_bits(column_of(table, kColumns[f] + "_Signal"), whole.columns.signal[f]);
        require_same_bits(column_of(table, kColumns[f] + "_S"), whole.columns.equity[f]);
      }
      REQUIRE(event_lines(whole) == events);
    }
  }
}

TEST_CASE("every backend gives for golden_tv/ what a state gives", "[kernels][golden]") {
  const auto pairs = golden_tv_pairs();
  REQUIRE(pairs.size() == 32);
  const std::size_t step = kIsThreadSanitized ? 16 : 1;
  for (std::size_t at = 0; at < pairs.size(); at += step) {
    const GoldenPair& pair = pairs[at];
    std::vector<BatchCase> cases = cases_of(pair);
    BatchCase expected;
    expected.params = cases[0].params;
    expected.bars = cases[0].bars;
    expected.has_members = cases[0].has_members = true;
    commit_all(expected);
    for (const Backend backend : tested_backends()) {
      CAPTURE(pair.name, to_string(backend));
      BatchOptions options;
      options.backend = backend;
      Batch batch(options);
      recompute(batch, cases);
      REQUIRE(first_difference(expected, cases[0]) == "");
    }
  }
}
