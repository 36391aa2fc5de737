// Which step this CPU runs.
#include <cstdlib>
#include <string_view>

#include "incremental/detail/cpu.hpp"
#include "incremental/detail/state_block.hpp"

namespace lockstep {

#define LOCKSTEP_DECLARE_STEP(isa)                                                                \
  namespace isa {                                                                                 \
  Status commit_step(const detail::Tables&, detail::StateBlock&, const BarTicks&, Outputs&);      \
  Status peek_step(const detail::Tables&, const detail::StateBlock&, const BarTicks&, Outputs&);  \
  Status detail_step(const detail::Tables&, const detail::StateBlock&, const BarTicks&, Outputs&, \
                     detail::Members&);                                                           \
  }
LOCKSTEP_DECLARE_STEP(baseline)
#ifdef LOCKSTEP_X86_64
LOCKSTEP_DECLARE_STEP(avx2)
LOCKSTEP_DECLARE_STEP(avx512)
#endif

namespace detail {
namespace {

constexpr StepFunctions kBaseline = {baseline::commit_step, baseline::peek_step, baseline::detail_step,
                                     "baseline"};
#ifdef LOCKSTEP_X86_64
constexpr StepFunctions kAvx2 = {avx2::commit_step, avx2::peek_step, avx2::detail_step, "avx2"};
constexpr StepFunctions kAvx512 = {avx512::commit_step, avx512::peek_step, avx512::detail_step, "avx512"};
#endif

StepFunctions choose() {
#ifdef LOCKSTEP_X86_64
  const char* asked = std::getenv("LOCKSTEP_CPU");
  const std::string_view limit = asked ? asked : "avx512";
  if (limit == "baseline") return kBaseline;
  if (limit != "avx2" && has_avx512()) return kAvx512;
  if (has_avx2()) return kAvx2;
#endif
  return kBaseline;
}

}  // namespace

const StepFunctions& step_functions() {
  static const StepFunctions chosen = choose();
  return chosen;
}

}  // namespace detail
}  // namespace lockstep
