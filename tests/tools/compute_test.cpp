// `lockstep compute` on good input: what it writes, and where.
#include "tools/compute_command.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "engine/core/decimal.hpp"
#include "engine/core/interval.hpp"
#include "incremental/anchored_state.hpp"
#include "tests/support/catch.hpp"
#include "tests/tools/compute_run.hpp"
#include "tests/tools/temporary_folder.hpp"
#include "tools/csv/file_writer.hpp"
#include "tools/csv/line_reader.hpp"
#include "tools/csv/output_writer.hpp"

namespace lockstep::test {
namespace {

using tools::ComputeOptions;

/// Empty is undefined; else the double that the text reads back to, wholly.
std::uint64_t bits_of_text(const std::string& text) {
  if (text.empty()) return std::bit_cast<std::uint64_t>(kUndefined);
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  REQUIRE(error == std::errc());
  REQUIRE(rest == text.data() + text.size());
  return std::bit_cast<std::uint64_t>(value);
}

std::vector<BarTicks> random_bars(std::uint64_t seed, int count, std::int64_t step_ms) {
  std::mt19937_64 random(seed);
  std::vector<BarTicks> bars;
  std::int64_t price = 100'000, ts_ms = 1'700'000'000'000;
  for (int i = 0; i < count; ++i, ts_ms += step_ms) {
    BarTicks bar{ts_ms, price, 0, 0, 0};
    bar.close = std::max<std::int64_t>(2, price + static_cast<std::int64_t>(random() % 2001) - 1000);
    bar.high = std::max(bar.open, bar.close) + static_cast<std::int64_t>(random() % 300);
    bar.low =
        std::max<std::int64_t>(1, std::min(bar.open, bar.close) - static_cast<std::int64_t>(random() % 300));
    price = bar.close;
    bars.push_back(bar);
  }
  return bars;
}

std::string to_csv(const std::vector<BarTicks>& bars, int scale) {
  std::string text = "ts_ms,open,high,low,close,volume\n";
  for (const BarTicks& bar : bars) {
    text += std::to_string(bar.ts_open_ms);
    for (const std::int64_t ticks : {bar.open, bar.high, bar.low, bar.close}) {
      text.append(",").append(core::decimal_text(ticks, scale));
    }
    text += ",1.5\n";
  }
  return text;
}

/// Compares a row's first columns with what the state gives, to the bit.
void require_row(const std::vector<std::string>& row, const BarTicks& bar, int scale,
                 const Outputs& outputs) {
  REQUIRE(row.size() >= 17);
  REQUIRE(row[0] == std::to_string(bar.ts_open_ms));
  REQUIRE(row[1] == core::decimal_text(bar.close, scale));
  REQUIRE(bits_of_text(row[2]) == std::bit_cast<std::uint64_t>(outputs.average));
  for (std::size_t f = 0; f < kFamilies; ++f) {
    REQUIRE(bits_of_text(row[3 + f]) == std::bit_cast<std::uint64_t>(outputs.signal[f]));
    REQUIRE(bits_of_text(row[9 + f]) == std::bit_cast<std::uint64_t>(outputs.equity[f]));
  }
  REQUIRE(row[15] == (outputs.direction == 0 ? "" : std::to_string(outputs.direction)));
  REQUIRE(row[16] == (outputs.event == TradeEvent::none    ? ""
                      : outputs.event == TradeEvent::long_ ? "long"
                                                           : "short"));
}

struct Job {
  std::vector<BarTicks> bars;
  std::string config;  // TOML
  std::string interval;
  bool detail = false;
};

/// Runs compute on the job's bars; gives the rows after the header.
std::vector<std::vector<std::string>> compute_rows(const Job& job,
                                                   std::vector<std::string>* header = nullptr) {
  const TemporaryFolder folder;
  ComputeOptions options;
  options.bars = folder.write("bars.csv", to_csv(job.bars, 2));
  options.price_scale = 2;
  options.out = folder.path("out.csv");
  options.interval = job.interval;
  options.detail = job.detail;
  if (!job.config.empty()) options.config = folder.write("bot.toml", job.config);
  const ComputeRun run = run_compute(options);
  CAPTURE(run.errors);
  REQUIRE(run.exit_code == 0);
  auto rows = csv_fields(read_file(options.out));
  if (header != nullptr) *header = rows.front();
  rows.erase(rows.begin());
  REQUIRE(rows.size() == job.bars.size());
  return rows;
}

/// Compares with an AnchoredState driven here.
void require_same_as_state(const Job& job, std::int64_t interval_ms) {
  const engine::Config config = engine::parse_config(job.config, "bot.toml");
  const auto rows = compute_rows(job);
  AnchoredState state(AtcParams::create(config.atc, 2),
                      config.engine.anchor_given ? config.engine.anchor : Anchor{}, interval_ms);
  Outputs outputs;
  for (std::size_t i = 0; i < job.bars.size(); ++i) {
    CAPTURE(i);
    REQUIRE(state.commit(job.bars[i], outputs) == Status::ok);
    require_row(rows[i], job.bars[i], 2, outputs);
  }
}

}  // namespace

TEST_CASE("the header is exactly the one of the documents", "[tools][compute][docs]") {
  std::vector<std::string> header;
  compute_rows({random_bars(1, 3, 60'000), "", "", false}, &header);
  std::string line;
  for (const std::string& name : header) line.append(line.empty() ? "" : ",").append(name);
  CHECK(line ==
        "ts_ms,close,average_signal,ema_signal,hma_signal,wma_signal,dema_signal,lsma_signal,kama_signal,ema_"
        "equity,"
        "hma_equity,wma_equity,dema_equity,lsma_equity,kama_equity,direction,event");
  CHECK_THAT(read_file(LOCKSTEP_SOURCE_DIR "/docs/compute.md"), Catch::Contains("\n    " + line + "\n"));
}

TEST_CASE("rows read back to the bits of the state, under any settings", "[tools][compute]") {
  const auto config = GENERATE(
      as<std::string>{}, "", "[atc]\nsource = \"hlc3\"\nhma = \"hull\"\nkama_seed = \"price\"\ncutout = 50\n",
      "[atc]\nfamilies = [\"ema\", \"lsma\"]\nrobustness = \"Narrow\"\nema_len = 9\n",
      "[atc]\nstrategy = true\nlambda = 0.5\n[engine]\nanchor = \"history\"\n",
      "[engine]\nanchor = \"2023-11-14T23:00:00Z\"\n");
  CAPTURE(config);
  require_same_as_state({random_bars(7, 700, 60'000), config, "", false}, 60'000);
}

TEST_CASE("a rolling anchor takes the bar length from the option, else from the smallest step",
          "[tools][compute]") {
  const std::string config = "[engine]\nanchor = \"rolling:150/20\"\n";
  std::vector<BarTicks> bars = random_bars(3, 600, 300'000);
  bars.erase(bars.begin() + 210, bars.begin() + 217);  // a hole does not change the smallest step
  require_same_as_state({bars, config, "", false}, 300'000);
  require_same_as_state({bars, config, "5m", false}, 300'000);
  require_same_as_state({bars, config, "1m", false}, 60'000);
  CHECK(compute_rows({bars, config, "", false}) != compute_rows({bars, config, "1m", false}));
  compute_rows({{bars.front()}, config, "", false});  // one bar has no step, and needs none
}

TEST_CASE("monthly bars are calendar months to a rolling anchor", "[tools][compute]") {
  std::vector<BarTicks> bars = random_bars(5, 200, 1);
  const core::Interval month = *core::Interval::parse("1M");
  std::int64_t ts_ms = 0;
  for (BarTicks& bar : bars) {
    bar.ts_open_ms = ts_ms;
    ts_ms = month.next_open_ms(ts_ms);
  }
  const std::string config = "[engine]\nanchor = \"rolling:60/12\"\n";
  require_same_as_state({bars, config, "", false}, kCalendarMonth);
  require_same_as_state({bars, config, "1M", false}, kCalendarMonth);
}

TEST_CASE("detail adds average, signal and equity of every enabled member", "[tools][compute]") {
  const std::string toml =
      "[atc]\nfamilies = [\"hma\", \"kama\"]\ncutout = 40\n[engine]\nanchor = \"2023-11-14T22:20:00Z\"\n";
  const Job job{random_bars(11, 300, 60'000), toml, "", true};
  std::vector<std::string> header;
  const auto rows = compute_rows(job, &header);
  REQUIRE(header.size() == 17 + 2 * 9 * 3);
  CHECK(header[17] == "hma_28");
  CHECK(header[18] == "hma_28_signal");
  CHECK(header[19] == "hma_28_equity");
  CHECK(header[20] == "hma_29");
  CHECK(header[41] == "hma_22");
  CHECK(header[44] == "kama_28");

  const engine::Config config = engine::parse_config(toml, "bot.toml");
  AnchoredState state(AtcParams::create(config.atc, 2), config.engine.anchor, 60'000);
  Outputs outputs;
  int bars_before_anchor = 0;
  for (std::size_t i = 0; i < job.bars.size(); ++i) {
    CAPTURE(i);
    REQUIRE(state.commit(job.bars[i], outputs) == Status::ok);
    require_row(rows[i], job.bars[i], 2, outputs);
    REQUIRE(rows[i].size() == header.size());
    Detail detail;
    const bool has_members = state.state().bars() > 0;
    if (has_members) state.state().detail(detail);
    bars_before_anchor += has_members ? 0 : 1;
    std::size_t column = 17;
    for (const std::size_t family : {std::size_t{1}, std::size_t{5}}) {
      for (std::size_t member = 0; member < kMembers; ++member, column += 3) {
        if (!has_members) {
          REQUIRE((rows[i][column] + rows[i][column + 1] + rows[i][column + 2]).empty());
          continue;
        }
        REQUIRE(bits_of_text(rows[i][column]) ==
                std::bit_cast<std::uint64_t>(detail.average[family][member]));
        REQUIRE(rows[i][column + 1] == std::to_string(detail.signal[family][member]));
        REQUIRE(bits_of_text(rows[i][column + 2]) ==
                std::bit_cast<std::uint64_t>(detail.equity[family][member]));
      }
    }
  }
  CHECK(bars_before_anchor > 0);
}

TEST_CASE("the price scale is the most significant decimals of any price, unless given", "[tools][compute]") {
  const auto close_of = [](const std::string& content, const std::string& config, int scale) {
    const TemporaryFolder folder;
    ComputeOptions options;
    options.bars = folder.write("bars.csv", content);
    options.out = folder.path("out.csv");
    options.price_scale = scale;
    if (!config.empty()) options.config = folder.write("bot.toml", config);
    REQUIRE(run_compute(options).exit_code == 0);
    return csv_fields(read_file(options.out)).at(1).at(1);
  };
  CHECK(close_of("ts_ms,close\n1,5.10\n2,6\n", "", -1) == "5.1");
  CHECK(close_of("ts_ms,close,high\n1,5,5.000100\n2,6,6\n", "", -1) == "5.0000");
  CHECK(close_of("ts_ms,close,volume\n1,5,5.000100\n", "", -1) == "5");
  CHECK(close_of("ts_ms,close\n1,5.10\n", "", 4) == "5.1000");
  CHECK(close_of("ts_ms,close\n1,0.00012\n", "", -1) == "0.00012");
  CHECK(close_of("ts_ms,close\n1,1.2e-05\n", "", -1) == "0.000012");
  CHECK(close_of("ts_ms,close\n1,0.000000000000000001\n", "", -1) == "0.000000000000000001");
  CHECK(close_of("ts_ms,close\n1,5.10\n", "[input]\nprice_scale = 3\n", -1) == "5.100");
  CHECK(close_of("ts_ms,close\n1,5.10\n", "[input]\nprice_scale = 3\n", 2) == "5.10");
  CHECK(close_of("ts_ms,close\n1,5.15\n", "[input]\nprice_scale = 1\nprice_rounding = \"half_even\"\n", -1) ==
        "5.2");
}

TEST_CASE("a golden file gives the golden outputs", "[tools][compute][golden]") {
  const TemporaryFolder folder;
  ComputeOptions options;
  options.bars = LOCKSTEP_SHARED_DIR "/golden/bubble.csv";
  options.out = folder.path("out.csv");
  REQUIRE(run_compute(options).exit_code == 0);
  const auto rows = csv_fields(read_file(options.out));

  // The golden outputs are gzip; a run that only copies them would do, but reading them is simplest here.
  tools::ByteSource bytes(LOCKSTEP_SHARED_DIR "/golden/bubble__default.csv.gz");
  tools::LineReader lines(bytes);
  std::string_view line;
  REQUIRE(lines.next(line));
  for (std::size_t i = 1; lines.next(line); ++i) {
    CAPTURE(i);
    const auto golden = csv_fields(std::string(line)).at(0);
    REQUIRE(golden.size() == 13);
    for (std::size_t column = 0; column < 13; ++column) {
      REQUIRE(bits_of_text(rows.at(i)[2 + column]) ==
              bits_of_text(golden[column] == "nan" ? std::string() : golden[column]));
    }
  }
  CHECK(lines.line_number() == static_cast<std::int64_t>(rows.size()));
}

TEST_CASE("every double is written so that it reads back to its bits", "[tools][compute]") {
  const TemporaryFolder folder;
  std::vector<Outputs> written;
  {
    tools::FileWriter file(folder.path("out.csv"));
    tools::OutputWriter writer(file, 0);
    for (int hundredths = -101; hundredths <= 101; ++hundredths) {
      const double value = hundredths / 100.0;
      Outputs outputs;
      outputs.average = -value;
      outputs.signal = {value,        std::nextafter(value, 2), std::nextafter(value, -2), -0.0, kUndefined,
                        value * 1e300};
      outputs.equity = {0.25, 1e-308, 5e-324, std::nextafter(1, 2), 0.1 + 0.2, 1.7976931348623157e308};
      written.push_back(outputs);
      writer.begin_row({1000, 5, 5, 5, 5}, outputs);
      writer.end_row();
    }
    writer.flush();
    file.finish();
  }
  const auto rows = csv_fields(read_file(folder.path("out.csv")));
  REQUIRE(rows.size() == written.size());
  for (std::size_t i = 0; i < rows.size(); ++i) require_row(rows[i], {1000, 5, 5, 5, 5}, 0, written[i]);
}

TEST_CASE("an output file is replaced whole, also through a link", "[tools][compute]") {
  const TemporaryFolder folder;
  ComputeOptions options;
  options.bars = folder.write("bars.csv", "ts_ms,close\n1000,5\n");
  options.out = folder.write("out.csv", "old");
  REQUIRE(run_compute(options).exit_code == 0);
  const std::string written = read_file(options.out);
  CHECK(csv_fields(written).size() == 2);

  std::filesystem::create_symlink("out.csv", folder.path("link.csv"));
  folder.write("out.csv", "old");
  options.out = folder.path("link.csv");
  REQUIRE(run_compute(options).exit_code == 0);
  CHECK(std::filesystem::is_symlink(options.out));
  CHECK(read_file(folder.path("out.csv")) == written);

  folder.write("out.csv", "old");
  options.bars = folder.write("bad.csv", "ts_ms,close\n1000,5\n2000,x\n");
  REQUIRE(run_compute(options).exit_code == 3);
  CHECK(read_file(folder.path("out.csv")) == "old");

  options.bars = folder.path("bars.csv");
  options.out = folder.path("bars.csv");  // onto its own input
  REQUIRE(run_compute(options).exit_code == 0);
  CHECK(read_file(options.out) == written);
}

TEST_CASE("standard output holds the rows before an error, and the message says so", "[tools][compute]") {
  const TemporaryFolder folder;
  ComputeOptions options;
  options.bars = folder.write("bars.csv", "ts_ms,close\n1000,5\n2000,6\n3000,x\n");
  options.price_scale = 0;  // one pass: with two the first finds it before anything is written
  const std::string captured = folder.path("stdout.txt");
  options.stdout_fd = open(captured.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  REQUIRE(options.stdout_fd >= 0);
  const ComputeRun run = run_compute(options);
  close(options.stdout_fd);
  CHECK(run.exit_code == 3);
  CHECK_THAT(run.errors, Catch::Contains(":4: close = \"x\": not a decimal number"));
  CHECK_THAT(run.errors,
             Catch::EndsWith("\nThe rows before it, 2, were written; the output is incomplete\n"));
  CHECK(csv_fields(read_file(captured)).size() == 3);
}

TEST_CASE("a growth above the limits of the script is reported", "[tools][compute]") {
  const auto errors_of = [](const std::string& lambda) {
    const TemporaryFolder folder;
    ComputeOptions options;
    options.bars = folder.write("bars.csv", to_csv(random_bars(2, 101, 60'000), 2));
    options.config = folder.write("bot.toml", "[atc]\nlambda = " + lambda + "\n");
    options.out = folder.path("out.csv");
    const ComputeRun run = run_compute(options);
    CHECK(run.exit_code == 0);
    return run.errors;
  };
  CHECK(errors_of("0.5").empty());
  CHECK_THAT(errors_of("2"), Catch::Contains("caution: growth reached 1.2214 (above 1.1)"));
  CHECK_THAT(errors_of("3"), Catch::Contains("warning: growth reached 1.34986 (above 1.25)"));
}

TEST_CASE("the command line fills the options", "[tools][compute]") {
  const TemporaryFolder folder;
  const std::string bars = folder.write("bars.csv", "ts_ms,close\n1000,5.5\n");
  const auto run_line = [&](std::vector<std::string> arguments) {
    CLI::App app;
    std::function<int()> run;
    tools::add_compute_command(app, run);
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    REQUIRE(run);
    return run();
  };
  CHECK(run_line({"compute", bars, "--price-scale", "2", "-o", folder.path("a.csv"), "--backend",
                  "incremental"}) == 0);
  CHECK(csv_fields(read_file(folder.path("a.csv"))).at(1).at(1) == "5.50");
  CHECK(run_line({"compute", "--detail", "--out", folder.path("b.csv"), bars}) == 0);
  CHECK(csv_fields(read_file(folder.path("b.csv"))).at(0).size() == 17 + 54 * 3);
  CHECK(run_line({"compute", bars, "--backend", "gpu"}) == 2);
  CHECK(run_line({"compute", "-", "-o", folder.path("c.csv")}) == 2);
  CHECK_THROWS_AS(run_line({"compute"}), CLI::ParseError);
  CHECK_THROWS_AS(run_line({"compute", bars, "--price-scale", "two"}), CLI::ParseError);
}

}  // namespace lockstep::test
