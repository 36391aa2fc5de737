// Bad input to `lockstep compute`, one by one: exit code, message, and no output that looks complete.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/tools/compute_run.hpp"
#include "tests/tools/temporary_folder.hpp"

namespace lockstep::test {
namespace {

struct BadInput {
  std::string content;
  std::string message;  // after the file name
};

/// Runs on a file bars.csv of `content`; the output is out.csv.
struct FileRun : ComputeRun {
  std::string file;
  bool has_output;
};

FileRun run_on(const std::string& content, tools::ComputeOptions options = {}) {
  const TemporaryFolder folder;
  options.bars = folder.write("bars.csv", content);
  options.out = folder.path("out.csv");
  const ComputeRun run = run_compute(options);
  const bool has_output = std::filesystem::exists(options.out);
  CHECK_FALSE(std::filesystem::exists(options.out + ".tmp"));
  return {run, options.bars, has_output};
}

void require_refused(const FileRun& run, int exit_code, const std::string& message) {
  CHECK(run.exit_code == exit_code);
  CHECK(run.errors == "lockstep compute: " + run.file + message + "\n");
  CHECK_FALSE(run.has_output);
}

const std::string kHead = "ts_ms,open,high,low,close\n1000,5,6,4,5.5\n";
const std::string kNotADecimal = ": not a decimal number (digits with at most one point, such as 43251.10)";
const std::string kNotATime = ": not a time in whole milliseconds since 1970 UTC, such as 1704067200000";

}  // namespace

TEST_CASE("each bad price is refused with line, column, value and reason", "[tools][compute][fault][D11]") {
  const auto bad = GENERATE_REF(values<BadInput>({
      {"2000,5,6,4,0\n", ":3: close = \"0\": a price must be above 0"},
      {"2000,5,6,0.0,5\n", ":3: low = \"0.0\": a price must be above 0"},
      {"2000,5,6,4,-5\n", ":3: close = \"-5\": a price must be above 0"},
      {"2000,5,6,4,-99999999999999999999\n",
       ":3: close = \"-99999999999999999999\": a price must be above 0"},
      {"2000,NaN,6,4,5\n", ":3: open = \"NaN\"" + kNotADecimal},
      {"2000,5,inf,4,5\n", ":3: high = \"inf\"" + kNotADecimal},
      {"2000,5,6,4,\n", ":3: close = \"\": the price is missing"},
      {"2000,5,6,4, 5\n", ":3: close = \" 5\"" + kNotADecimal},
      {"2000,5,6,4,5 \n", ":3: close = \"5 \"" + kNotADecimal},
      {"2000,5,6,4,+5\n", ":3: close = \"+5\"" + kNotADecimal},
      {"2000,5,6,4,0x5\n", ":3: close = \"0x5\"" + kNotADecimal},
      {"2000,5,6,4,.5\n", ":3: close = \".5\"" + kNotADecimal},
      {"2000,5,6,4,5.\n", ":3: close = \"5.\"" + kNotADecimal},
      {"2000,5,6,4,\"5\"\n", ":3: close = \"\"5\"\"" + kNotADecimal},
      {"2000,5,6,4,5\x1b[2J\n", ":3: close = \"5\\x1B[2J\"" + kNotADecimal},
      {"2000,5,6,4,1.0000000000000000001\n",
       ":3: close = \"1.0000000000000000001\": more than 18 decimals; --price-scale N --price-rounding "
       "half_even rounds "
       "prices of binary floats"},
  }));
  require_refused(run_on(kHead + bad.content), 3, bad.message);
}

TEST_CASE("a price beyond the range names the limit", "[tools][compute]") {
  tools::ComputeOptions options;
  options.price_scale = 2;
  const std::string digits = "1234567890123456789012345";
  FileRun run = run_on(kHead + "2000,5," + digits + ",4,5\n", options);
  CHECK(run.exit_code == 3);
  CHECK_THAT(run.errors, Catch::Contains(":3: high = \"" + digits +
                                         "\": above the highest price of this configuration, "));
  CHECK_THAT(run.errors, Catch::Contains(" at price scale 2\n"));
  run = run_on(kHead + "2000,5,1e999,4,5\n", options);
  CHECK_THAT(run.errors,
             Catch::Contains(":3: high = \"1e999\": above the highest price of this configuration, "));

  // The limit itself is fine, one tick more is not.
  const std::string words = "highest price of this configuration, ";
  const std::size_t begin = run.errors.find(words) + words.size();
  std::string limit = run.errors.substr(begin, run.errors.find(' ', begin) - begin);
  REQUIRE(limit.size() > 6);
  CHECK(run_on("ts_ms,close\n1000," + limit + "\n", options).exit_code == 0);
  REQUIRE(limit.back() != '9');
  ++limit.back();
  run = run_on("ts_ms,close\n1000," + limit + "\n", options);
  CHECK(run.exit_code == 3);
  CHECK_THAT(run.errors, Catch::Contains(":2: close = \"" + limit + "\": above the highest price"));
}

TEST_CASE("a file of binary floats is refused with a hint, and read with rounding", "[tools][compute]") {
  const std::string content = "ts_ms,close\n1000,43251.100000000006\n2000,43252.2\n3000,943250.5\n";
  const FileRun run = run_on(content);
  CHECK(run.exit_code == 3);
  CHECK_THAT(run.errors, Catch::Contains("above the highest price of this configuration, "));
  CHECK_THAT(run.errors,
             Catch::Contains(" at price scale 12 (taken from line 2); --price-scale N --price-rounding "
                             "half_even rounds prices of binary floats\n"));
  tools::ComputeOptions options;
  options.price_scale = 1;
  options.price_rounding = "half_even";
  CHECK(run_on(content, options).exit_code == 0);
}

TEST_CASE("more decimals than the scale are refused unless rounding is asked for", "[tools][compute]") {
  tools::ComputeOptions options;
  options.price_scale = 1;
  require_refused(
      run_on("ts_ms,close\n1000,5.5\n2000,5.125\n", options), 3,
      ":3: close = \"5.125\": more decimals than the price scale, 1; --price-scale 3 would hold it, "
      "--price-rounding half_even would round it");
  options.price_rounding = "half_even";
  CHECK(run_on("ts_ms,close\n1000,5.5\n2000,5.125\n", options).exit_code == 0);
  require_refused(run_on("ts_ms,close\n1000,5.5\n2000,0.04\n", options), 3,
                  ":3: close = \"0.04\": 0 at price scale 1; a price must be above 0");
}

TEST_CASE("each bad time is refused", "[tools][compute][fault][D10]") {
  const auto bad = GENERATE_REF(values<BadInput>({
      {"1000,5,6,4,5\n",
       ":3: ts_ms = \"1000\": the same time as of the row before; rows must be in the order of time, each "
       "time once"},
      {"999,5,6,4,5\n",
       ":3: ts_ms = \"999\": earlier than the row before, which has 1000; rows must be in the order of time, "
       "each time "
       "once"},
      {"abc,5,6,4,5\n", ":3: ts_ms = \"abc\"" + kNotATime},
      {",5,6,4,5\n", ":3: ts_ms = \"\"" + kNotATime},
      {"2000.5,5,6,4,5\n", ":3: ts_ms = \"2000.5\"" + kNotATime},
      {"2024-01-01,5,6,4,5\n", ":3: ts_ms = \"2024-01-01\"" + kNotATime},
      {"1704067200000000,5,6,4,5\n",
       ":3: ts_ms = \"1704067200000000\": not between the years 1900 and 2200; the unit is milliseconds "
       "since 1970 UTC"},
      {"99999999999999999999,5,6,4,5\n", ":3: ts_ms = \"99999999999999999999\"" + kNotATime},
  }));
  require_refused(run_on(kHead + bad.content), 3, bad.message);
}

TEST_CASE("an inconsistent bar is refused", "[tools][compute][fault][D12]") {
  const auto bad = GENERATE(values<BadInput>({
      {"2000,5,4,6,5\n", ":3: low = \"6\": above high = \"4\""},
      {"2000,7,6,4,5\n", ":3: open = \"7\": above high = \"6\""},
      {"2000,3,6,4,5\n", ":3: open = \"3\": below low = \"4\""},
      {"2000,5,6,4,7.5\n", ":3: close = \"7.5\": above high = \"6\""},
      {"2000,5,6,4,3\n", ":3: close = \"3\": below low = \"4\""},
  }));
  require_refused(run_on(kHead + bad.content), 3, bad.message);
  require_refused(run_on("ts_ms,close,high\n1000,5,4\n"), 3, ":2: close = \"5\": above high = \"4\"");
  require_refused(run_on("ts_ms,close,low\n1000,5,6\n"), 3, ":2: close = \"5\": below low = \"6\"");
}

TEST_CASE("a wrong header is refused", "[tools][compute]") {
  const std::string need = "; at least ts_ms and close are needed";
  require_refused(run_on(""), 3,
                  ":1: the file is empty; it needs a header such as ts_ms,open,high,low,close");
  require_refused(run_on("\n1,2\n"), 3, ":1: wrong header \"\": there is no column ts_ms" + need);
  require_refused(run_on("time,close\n1,2\n"), 3,
                  ":1: wrong header \"time,close\": there is no column ts_ms" + need);
  require_refused(run_on("ts_ms,open\n1,2\n"), 3,
                  ":1: wrong header \"ts_ms,open\": there is no column close" + need);
  require_refused(run_on("1672677900000,16727.3\n"), 3,
                  ":1: wrong header \"1672677900000,16727.3\": there is no column ts_ms" + need);
  require_refused(run_on("ts_ms;close\n1;2\n"), 3,
                  ":1: wrong header \"ts_ms;close\": there is no column ts_ms" + need);
  require_refused(run_on("ts_ms,close,Close\n1,2,2\n"), 3,
                  ":1: wrong header: the column close is there twice");
  require_refused(run_on("ts_ms,close\n"), 3, ":2: there is no bar after the header");
  require_refused(run_on("ts_ms,close"), 3, ":2: there is no bar after the header");
}

TEST_CASE("a column that the source needs must be there", "[tools][compute]") {
  const TemporaryFolder folder;
  tools::ComputeOptions options;
  options.config = folder.write("hlc3.toml", "[atc]\nsource = \"hlc3\"\n");
  require_refused(
      run_on("ts_ms,close,low\n1000,5,4\n", options), 3,
      ":1: wrong header \"ts_ms,close,low\": there is no column high; source = \"hlc3\" of the configuration "
      "needs it");
  options.config = folder.write("open.toml", "[atc]\nsource = \"open\"\n");
  CHECK(run_on("ts_ms,close\n1000,5\n", options).exit_code == 3);
  CHECK(run_on("ts_ms,close,open\n1000,5,4\n", options).exit_code == 0);
  for (const char* source : {"low", "high", "hl2", "hlc3", "ohlc4", "hlcc4"}) {
    CAPTURE(source);
    options.config = folder.write("x.toml", std::string("[atc]\nsource = \"") + source + "\"\n");
    const bool single_low = std::string(source) == "low";
    const bool single_high = std::string(source) == "high";
    CHECK(run_on("ts_ms,close,low\n1000,5,4\n", options).exit_code == (single_low ? 0 : 3));
    CHECK(run_on("ts_ms,close,high\n1000,5,6\n", options).exit_code == (single_high ? 0 : 3));
    CHECK(run_on("ts_ms,close,high,low\n1000,5,6,4\n", options).exit_code ==
          (std::string(source) == "ohlc4" ? 3 : 0));
    CHECK(run_on("ts_ms,close,high,low,open\n1000,5,6,4,5\n", options).exit_code == 0);
  }
}

TEST_CASE("a broken line is refused", "[tools][compute]") {
  require_refused(run_on(kHead + "2000,5,6,4\n"), 3, ":3: 4 fields, but the header has 5");
  require_refused(run_on(kHead + "2000,5,6,4,5,\n"), 3, ":3: 6 fields, but the header has 5");
  require_refused(run_on(kHead + "2000,5,6,4,5,6,7\n"), 3, ":3: 7 fields, but the header has 5");
  require_refused(run_on(kHead + "2000\n"), 3, ":3: 1 fields, but the header has 5");
  require_refused(run_on(kHead + "2000,5,6,"), 3, ":3: 4 fields, but the header has 5");
  require_refused(run_on(kHead + "\n2000,5,6,4,5\n"), 3, ":3: the line is empty, but more rows follow");
  require_refused(run_on(kHead + std::string("2000,5,6,4,5\0\n", 14)), 3,
                  ":3: the line holds a NUL byte; this is not a text file");
  const std::string over(65'537, 'x');
  require_refused(run_on(kHead + over + "\n"), 3, ":3: the line is longer than 65536 bytes");
  require_refused(run_on(kHead + over + over + over + over + over), 3,
                  ":3: the line is longer than 65536 bytes");
  require_refused(run_on(over), 3, ":1: the line is longer than 65536 bytes");
}

TEST_CASE("the longest line that is allowed is read, across buffers", "[tools][compute]") {
  std::string content = "ts_ms,close,note\n";
  for (int i = 1; i <= 30; ++i) {
    std::string row = std::to_string(i * 1000) + ",5,";
    row.append(65'536 - row.size() - static_cast<std::size_t>(i % 3), 'x');
    content.append(row).append("\n");
  }
  CHECK(run_on(content).exit_code == 0);
}

TEST_CASE("truncated and damaged gzip are refused with the line they reach", "[tools][compute]") {
  std::string content = "ts_ms,close\n";
  for (int i = 1; i <= 20'000; ++i)
    content += std::to_string(i * 1000) + "," + std::to_string(i * 7919 % 1000 + 1) + "\n";
  const std::string whole = gzip(content);
  CHECK(run_on(whole).exit_code == 0);
  CHECK(run_on(whole + gzip("20001000,5\n")).exit_code == 0);  // members in a row are one file

  const auto refused = [](const FileRun& run, const std::string& what) {
    CHECK(run.exit_code == 3);
    CHECK_THAT(run.errors, Catch::StartsWith("lockstep compute: " + run.file + ":"));
    CHECK_THAT(run.errors, Catch::Contains(": the gzip data is " + what));
    CHECK_FALSE(run.has_output);
  };
  tools::ComputeOptions single_pass;
  single_pass.price_scale = 0;
  for (const std::size_t cut :
       {std::size_t{3}, std::size_t{12}, whole.size() / 2, whole.size() - 8, whole.size() - 1}) {
    CAPTURE(cut, whole.size());
    refused(run_on(whole.substr(0, cut)), "truncated");
    refused(run_on(whole.substr(0, cut), single_pass), "truncated");
  }
  std::string damaged = whole;
  damaged[whole.size() / 2] = static_cast<char>(~damaged[whole.size() / 2]);
  refused(run_on(damaged), "damaged");
  damaged = whole;
  damaged[whole.size() - 6] = static_cast<char>(~damaged[whole.size() - 6]);  // the checksum
  refused(run_on(damaged), "damaged (incorrect data check)");
  refused(run_on(whole + "garbage"), "damaged");
}

TEST_CASE("forms of line ends and headers that are fine give the same output", "[tools][compute]") {
  const auto output_of = [](const std::string& content) {
    const TemporaryFolder folder;
    tools::ComputeOptions options;
    options.bars = folder.write("bars.csv", content);
    options.out = folder.path("out.csv");
    const ComputeRun run = run_compute(options);
    CHECK(run.errors.empty());
    REQUIRE(run.exit_code == 0);
    return read_file(options.out);
  };
  const std::string expected = output_of("ts_ms,open,high,low,close\n1000,5,6,4,5.5\n2000,5.5,7,5,6\n");
  CHECK(output_of("ts_ms,open,high,low,close\r\n1000,5,6,4,5.5\r\n2000,5.5,7,5,6\r\n") == expected);
  CHECK(output_of("\xEF\xBB\xBFts_ms,open,high,low,close\n1000,5,6,4,5.5\n2000,5.5,7,5,6\n") == expected);
  CHECK(output_of("ts_ms,open,high,low,close\n1000,5,6,4,5.5\n2000,5.5,7,5,6") == expected);
  CHECK(output_of("ts_ms,open,high,low,close\n1000,5,6,4,5.5\n2000,5.5,7,5,6\n\n\r\n\n") == expected);
  CHECK(output_of("x,Close,HIGH, low ,Open,TS_MS,y\n?,5.5,6,4,5,1000,\n,6,7,5,5.5,2000,!\n") == expected);
  CHECK(output_of("close,ts_ms\n5.50,1000\n6.000,2000\n") == expected);
  CHECK(output_of("close,ts_ms\n5.5,1e3\n6,2000.0\n") == expected);
  CHECK(output_of("ts_ms,close,high\n1000,5.5,6\n2000,6,6\n") == expected);
  CHECK(output_of("ts_ms,close,open\n1000,5.5,9\n2000,6,1\n") == expected);
  CHECK(output_of(gzip("ts_ms,close\n1000,5.5\n2000,6\n")) == expected);
}

TEST_CASE("wrong usage is exit code 2 and says what would be right", "[tools][compute]") {
  const std::string content = "ts_ms,close\n1000,5.5\n";
  const auto errors_of = [&](auto change) {
    tools::ComputeOptions options;
    change(options);
    const FileRun run = run_on(content, options);
    CHECK(run.exit_code == 2);
    CHECK_FALSE(run.has_output);
    return run.errors;
  };
  for (const char* backend : {"fast", "", "AVX2"}) {
    CHECK_THAT(errors_of([&](auto& options) { options.backend = backend; }),
               Catch::StartsWith(std::string("lockstep compute: --backend ") + backend +
                                 ": there is no such backend; there are: auto, incremental, scalar"));
  }
  CHECK(errors_of([](auto& options) { options.price_scale = 19; }) ==
        "lockstep compute: --price-scale 19: must be 0 to 18\n");
  CHECK(errors_of([](auto& options) { options.price_scale = -2; }) ==
        "lockstep compute: --price-scale -2: must be 0 to 18\n");
  CHECK(errors_of([](auto& options) { options.price_rounding = "up"; }) ==
        "lockstep compute: --price-rounding up: must be none or half_even\n");
  CHECK(errors_of([](auto& options) { options.price_rounding = "half_even"; }) ==
        "lockstep compute: price_rounding half_even needs the scale to round to: give --price-scale N\n");
  CHECK(errors_of([](auto& options) { options.interval = "1y"; }) ==
        "lockstep compute: --interval 1y: must be a bar length such as 1m, 4h, 1d or 1M\n");
  CHECK_THAT(errors_of([](auto& options) { options.config = "/nonexistent/bot.toml"; }),
             Catch::Contains("/nonexistent/bot.toml: cannot open the configuration file"));
  const TemporaryFolder folder;
  const std::string config = folder.write("bot.toml", "[atc]\nlamda = 1\n");
  CHECK(errors_of([&](auto& options) { options.config = config; }) ==
        "lockstep compute: " + config + ":2: [atc] has no key \"lamda\"; did you mean \"lambda\"?\n");
}

TEST_CASE("an interval that the bars contradict is refused", "[tools][compute]") {
  tools::ComputeOptions options;
  options.interval = "1h";
  require_refused(run_on("ts_ms,close\n0,5\n3600000,6\n3660000,7\n", options), 3,
                  ":4: ts_ms = \"3660000\": less than --interval 1h after the row before");
  CHECK(run_on("ts_ms,close\n0,5\n3600000,6\n10800000,7\n", options).exit_code == 0);
}

TEST_CASE("standard input needs the scale, and the interval for a rolling anchor", "[tools][compute]") {
  const TemporaryFolder folder;
  const std::string bars = folder.write("bars.csv", "ts_ms,close\n1000,5.5\n2000,6\n");
  tools::ComputeOptions options;
  options.bars = "-";
  options.out = folder.path("out.csv");
  const auto run_stdin = [&] {
    options.stdin_fd = open(bars.c_str(), O_RDONLY);
    REQUIRE(options.stdin_fd >= 0);
    const ComputeRun run = run_compute(options);
    close(options.stdin_fd);
    return run;
  };
  ComputeRun run = run_stdin();
  CHECK(run.exit_code == 2);
  CHECK(run.errors ==
        "lockstep compute: stdin can be read once only, so the price scale cannot be taken from it: give "
        "--price-scale N\n");
  options.price_scale = 1;
  CHECK(run_stdin().exit_code == 0);
  CHECK(csv_fields(read_file(options.out)).size() == 3);

  options.config = folder.write("rolling.toml", "[engine]\nanchor = \"rolling:10/2\"\n");
  run = run_stdin();
  CHECK(run.exit_code == 2);
  CHECK(run.errors ==
        "lockstep compute: stdin can be read once only, so the bar length cannot be taken from it: give "
        "--interval, such as 1m\n");
  options.interval = "1s";
  CHECK(run_stdin().exit_code == 0);
  options.price_scale = 0;
  run = run_stdin();
  CHECK(run.exit_code == 3);
  CHECK_THAT(
      run.errors,
      Catch::Contains("lockstep compute: stdin:2: close = \"5.5\": more decimals than the price scale, 0"));
}

TEST_CASE("what the environment refuses is exit code 4", "[tools][compute]") {
  const TemporaryFolder folder;
  tools::ComputeOptions options;
  options.bars = folder.path("missing.csv");
  options.out = folder.path("out.csv");
  ComputeRun run = run_compute(options);
  CHECK(run.exit_code == 4);
  CHECK(run.errors == "lockstep compute: " + options.bars + ": cannot open: No such file or directory\n");

  options.bars = folder.path(".");
  run = run_compute(options);
  CHECK(run.exit_code == 4);
  CHECK(run.errors == "lockstep compute: " + options.bars + ": cannot read: Is a directory\n");

  options.bars = folder.write("bars.csv", "ts_ms,close\n1000,5.5\n");
  options.out = folder.path("missing/out.csv");
  run = run_compute(options);
  CHECK(run.exit_code == 4);
  CHECK(run.errors ==
        "lockstep compute: " + options.out + ".tmp: cannot open for writing: No such file or directory\n");

  options.out = "/dev/full";
  run = run_compute(options);
  CHECK(run.exit_code == 4);
  CHECK(run.errors == "lockstep compute: /dev/full: cannot write: No space left on device\n");

  options.out = "-";
  options.stdout_fd = open("/dev/full", O_WRONLY);
  REQUIRE(options.stdout_fd >= 0);
  run = run_compute(options);
  close(options.stdout_fd);
  CHECK(run.exit_code == 4);
  CHECK(run.errors == "lockstep compute: standard output: cannot write: No space left on device\n");
}

TEST_CASE("a growth that is no number any more ends the run", "[tools][compute]") {
  const TemporaryFolder folder;
  tools::ComputeOptions options;
  options.config = folder.write("bot.toml", "[atc]\nlambda = 1000000\n");
  const FileRun run = run_on("ts_ms,close\n1000,5\n2000,5\n3000,5\n", options);
  CHECK(run.exit_code == 3);
  CHECK_THAT(run.errors,
             Catch::Contains(run.file + ":3: the growth exp(lambda/1000 * bars) is no finite number"));
  CHECK_FALSE(run.has_output);
}

}  // namespace lockstep::test
