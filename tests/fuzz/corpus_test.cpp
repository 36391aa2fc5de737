// What the fuzz targets are given first, and what they once failed at, in the plain suite: every file of
// tests/fuzz/corpus/TARGET, as it is, and with a few thousand changes drawn from a fixed seed.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

#define LOCKSTEP_FUZZ_TARGETS(X) \
  X(fuzz_alert_outbox)           \
  X(fuzz_alert_template)         \
  X(fuzz_binance_frame)          \
  X(fuzz_binance_rest)           \
  X(fuzz_bybit_frame)            \
  X(fuzz_coinbase_frame)         \
  X(fuzz_config)                 \
  X(fuzz_decimal)                \
  X(fuzz_journal)                \
  X(fuzz_kraken_frame)           \
  X(fuzz_okx_frame)              \
  X(fuzz_recording)              \
  X(fuzz_venue_rest)             \
  X(fuzz_ws_frames)

// In each of these sources LLVMFuzzerTestOneInput has the name of its file.
#define LOCKSTEP_DECLARE(name) extern "C" int run_##name(const std::uint8_t* data, std::size_t size);
LOCKSTEP_FUZZ_TARGETS(LOCKSTEP_DECLARE)

namespace lockstep {
namespace {

struct Target {
  const char* name;
  int (*run)(const std::uint8_t*, std::size_t);
};
#define LOCKSTEP_ENTRY(name) {#name, run_##name},
constexpr Target kTargets[] = {LOCKSTEP_FUZZ_TARGETS(LOCKSTEP_ENTRY)};
constexpr int kChangedPerTarget = 3'000;

std::filesystem::path folder() {
  return std::filesystem::path(LOCKSTEP_SOURCE_DIR) / "tests/fuzz/corpus";
}

std::vector<std::string> inputs_of(const std::string& target) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder() / target))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> out;
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return out;
}

void run(const Target& target, const std::string& input) {
  // A copy of its own size, so that a sanitizer sees a byte read too far.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  target.run(bytes.data(), bytes.size());
}

std::string changed(std::string input, const std::vector<std::string>& others, std::mt19937_64& random) {
  const auto below = [&](std::size_t count) { return count == 0 ? 0 : random() % count; };
  for (std::size_t i = 0; i < 1 + below(4); ++i) {
    const std::size_t at = below(input.size() + 1);
    switch (below(5)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(random());
        break;
      case 1:
        input.erase(at, below(8));
        break;
      case 2:
        input.insert(at, 1 + below(3), "{}[]\",:0e-.\\"[below(12)]);
        break;
      case 3:
        input.resize(at);
        break;
      default: {
        const std::string& other = others[below(others.size())];
        const std::size_t from = below(other.size() + 1);
        input.insert(at, other.substr(from, below(40)));
      }
    }
  }
  return input;
}

}  // namespace

TEST_CASE("what the fuzz targets are given first is taken by all of them, as it is and changed",
          "[fuzz][corpus]") {
  for (const Target& target : kTargets) {
    CAPTURE(target.name);
    const std::vector<std::string> inputs = inputs_of(target.name);
    REQUIRE(inputs.size() >= 2);
    for (const std::string& input : inputs) run(target, input);
    std::mt19937_64 random(20261121);
    for (int i = 0; i < kChangedPerTarget; ++i)
      run(target, changed(inputs[random() % inputs.size()], inputs, random));
  }
}

TEST_CASE("every folder of inputs belongs to a fuzz target", "[fuzz][corpus]") {
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    CHECK(std::any_of(std::begin(kTargets), std::end(kTargets),
                      [&](const Target& target) { return target.name == name; }));
  }
}

}  // namespace lockstep
