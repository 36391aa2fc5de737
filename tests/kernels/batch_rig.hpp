// A series with room for every output, what AtcState says about it, and a comparison of the two.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/batch.hpp"
#include "tests/support/state_bytes.hpp"

namespace lockstep::test {

/// Buffers for every output of one series, filled with values that no output has.
struct BatchColumns {
  std::vector<double> average, growth;
  std::array<std::vector<double>, kFamilies> signal, equity;
  std::vector<std::int8_t> direction;
  std::vector<TradeEvent> event;
  std::vector<double> member_average, member_equity;
  std::vector<std::int8_t> member_signal;

  /// Makes room for `rows` and points `out` at it.
  void give(BatchOutputs& out, std::int64_t rows, bool has_members);
};

/// One series, owning all that a BatchSeries refers to.
struct BatchCase {
  std::shared_ptr<const AtcParams> params;
  std::vector<BarTicks> bars;
  std::int64_t first_bar = 0;
  bool has_members = false;
  bool has_end_state = true;

  // What came of it.
  BatchColumns columns;
  std::unique_ptr<AtcState> end_state;
  BatchResult result;
};

/// The backends to test: those of this machine. Without a GPU cuda is among them as well, its kernels run by
/// the host (host_device.hpp); with LOCKSTEP_TEST_BACKEND=cuda in the environment the GPU alone.
std::vector<Backend> tested_backends();

/// Recomputes the cases in one call, all with fresh buffers.
BatchReport recompute(Batch& batch, std::vector<BatchCase>& cases);

/// The same by AtcState::commit and detail(), bar by bar: shares nothing with kernels/ but plain structs.
void commit_all(BatchCase& one);

/// Empty when all bits agree, else what differs first.
std::string first_difference(const BatchCase& expected, const BatchCase& actual);

/// Of what a batch made of this case to what AtcState makes of it.
std::string difference_to_state(const BatchCase& actual);

}  // namespace lockstep::test
