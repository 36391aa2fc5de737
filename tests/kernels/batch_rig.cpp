#include "tests/kernels/batch_rig.hpp"

#include <bit>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "kernels/cuda/cuda_backend.hpp"
#include "tests/kernels/host_device.hpp"
#include "tests/support/same_bits.hpp"

namespace lockstep::test {
namespace {

constexpr double kNeverWritten = -77.25;

std::string named(const std::string& name, const std::string& difference) {
  return difference.empty() ? difference : name + ": " + difference;
}

template <class T>
std::string first_unequal(const std::string& name, const std::vector<T>& expected,
                          const std::vector<T>& actual) {
  if (expected.size() != actual.size()) return name + ": another number of rows";
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] == actual[i]) continue;
    return name + " at " + std::to_string(i) + ": expected " + std::to_string(static_cast<int>(expected[i])) +
           ", got " + std::to_string(static_cast<int>(actual[i]));
  }
  return {};
}

void put(BatchCase& one, std::size_t at, const Outputs& out) {
  BatchColumns& columns = one.columns;
  columns.average[at] = out.average;
  columns.growth[at] = out.growth;
  columns.direction[at] = out.direction;
  columns.event[at] = out.event;
  for (std::size_t f = 0; f < kFamilies; ++f) {
    columns.signal[f][at] = out.signal[f];
    columns.equity[f][at] = out.equity[f];
  }
}

void put(BatchCase& one, std::size_t at, const Detail& detail) {
  const std::size_t rows = one.columns.average.size();
  for (std::size_t f = 0; f < kFamilies; ++f) {
    for (std::size_t j = 0; j < kMembers; ++j) {
      const std::size_t to = (f * kMembers + j) * rows + at;
      one.columns.member_average[to] = detail.average[f][j];
      one.columns.member_signal[to] = detail.signal[f][j];
      one.columns.member_equity[to] = detail.equity[f][j];
    }
  }
}

Detail no_members() {
  Detail detail;
  for (auto& family : detail.average) family.fill(kUndefined);
  for (auto& family : detail.equity) family.fill(kUndefined);
  return detail;
}

std::int64_t rows_of(const BatchCase& one) {
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(one.bars.size()) - one.first_bar);
}

}  // namespace

std::vector<Backend> tested_backends() {
  static const std::optional<std::string> why_no_gpu = cuda::why_not_cuda();
  const char* asked = std::getenv("LOCKSTEP_TEST_BACKEND");
  if (asked && std::string_view(asked) == "cuda") {
    if (why_no_gpu) throw std::runtime_error("LOCKSTEP_TEST_BACKEND=cuda: " + *why_no_gpu);
    return {Backend::cuda};
  }
  static HostDevice device;
  if (why_no_gpu) cuda::plant_device(&device);
  return available_backends();
}

void BatchColumns::give(BatchOutputs& out, std::int64_t rows, bool has_members) {
  const auto room = [&](auto& column, auto*& to, std::int64_t count, auto value) {
    column.assign(static_cast<std::size_t>(count), value);
    to = column.data();
  };
  const auto never = static_cast<std::int8_t>(99);
  room(average, out.average, rows, kNeverWritten);
  room(growth, out.growth, rows, kNeverWritten);
  for (std::size_t f = 0; f < kFamilies; ++f) {
    room(signal[f], out.signal[f], rows, kNeverWritten);
    room(equity[f], out.equity[f], rows, kNeverWritten);
  }
  room(direction, out.direction, rows, never);
  room(event, out.event, rows, static_cast<TradeEvent>(99));
  if (!has_members) return;
  room(member_average, out.member_average, kFamilies * kMembers * rows, kNeverWritten);
  room(member_signal, out.member_signal, kFamilies * kMembers * rows, never);
  room(member_equity, out.member_equity, kFamilies * kMembers * rows, kNeverWritten);
}

BatchReport recompute(Batch& batch, std::vector<BatchCase>& cases) {
  std::vector<BatchSeries> series(cases.size());
  std::vector<BatchResult> results(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    BatchCase& one = cases[i];
    series[i].params = one.params.get();
    series[i].bars = one.bars;
    series[i].out.first_bar = one.first_bar;
    one.columns.give(series[i].out, rows_of(one), one.has_members);
    if (!one.has_end_state) continue;
    one.end_state = std::make_unique<AtcState>(one.params);
    series[i].end_state = one.end_state.get();
  }
  BatchReport report = batch.recompute(series, results);
  for (std::size_t i = 0; i < cases.size(); ++i) cases[i].result = results[i];
  return report;
}

void commit_all(BatchCase& one) {
  BatchOutputs ignored;
  one.columns.give(ignored, rows_of(one), one.has_members);
  one.end_state = std::make_unique<AtcState>(one.params);
  one.result = {};
  Outputs out;
  Detail detail;
  for (std::size_t t = 0; t < one.bars.size(); ++t) {
    if (one.result.status == Status::ok) one.result.status = one.end_state->commit(one.bars[t], out);
    const bool is_ok = one.result.status == Status::ok;
    if (is_ok) ++one.result.bars;
    const std::int64_t at = static_cast<std::int64_t>(t) - one.first_bar;
    if (at < 0) continue;
    put(one, static_cast<std::size_t>(at), is_ok ? out : Outputs{});
    if (!one.has_members) continue;
    if (is_ok) one.end_state->detail(detail);
    put(one, static_cast<std::size_t>(at), is_ok ? detail : no_members());
  }
}

std::string first_difference(const BatchCase& expected, const BatchCase& actual) {
  if (!(expected.result == actual.result)) {
    return "result: expected " + std::to_string(expected.result.bars) + " bars, " +
           to_string(expected.result.status) + "; got " + std::to_string(actual.result.bars) + ", " +
           to_string(actual.result.status);
  }
  const BatchColumns& a = expected.columns;
  const BatchColumns& b = actual.columns;
  std::vector<std::string> found = {named("average", first_difference(a.average, b.average)),
                                    named("growth", first_difference(a.growth, b.growth)),
                                    first_unequal("direction", a.direction, b.direction),
                                    first_unequal("event", a.event, b.event)};
  for (std::size_t f = 0; f < kFamilies; ++f) {
    const std::string name(kFamilyNames[f]);
    found.push_back(named(name + " signal", first_difference(a.signal[f], b.signal[f])));
    found.push_back(named(name + " equity", first_difference(a.equity[f], b.equity[f])));
  }
  if (expected.has_members) {
    found.push_back(named("member average", first_difference(a.member_average, b.member_average)));
    found.push_back(first_unequal("member signal", a.member_signal, b.member_signal));
    found.push_back(named("member equity", first_difference(a.member_equity, b.member_equity)));
  }
  for (std::string& difference : found) {
    if (!difference.empty()) return difference;
  }
  if (!actual.has_end_state) return {};
  const auto want = bytes_of(*expected.end_state);
  const auto got = bytes_of(*actual.end_state);
  for (std::size_t i = sizeof(std::uint64_t) * 5; i < want.size(); ++i) {
    if (want[i] != got[i]) return "end state: byte " + std::to_string(i) + " of its bytes";
  }
  return want == got ? "" : "end state: header";
}

std::string difference_to_state(const BatchCase& actual) {
  BatchCase expected;
  expected.params = actual.params;
  expected.bars = actual.bars;
  expected.first_bar = actual.first_bar;
  expected.has_members = actual.has_members;
  commit_all(expected);
  return first_difference(expected, actual);
}

}  // namespace lockstep::test
