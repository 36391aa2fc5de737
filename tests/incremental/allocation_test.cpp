// The promise that nothing is allocated after construction, by counting calls of operator new in this
// program.
#include <atomic>
#include <cstdlib>
#include <new>

#include "incremental/anchored_state.hpp"
#include "incremental/state.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"

namespace {

std::atomic<long> allocations{0};

void* allocate_or_null(std::size_t size, std::size_t alignment) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  return std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
}

void* allocate(std::size_t size, std::size_t alignment) {
  void* block = allocate_or_null(size, alignment);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

constexpr std::size_t kUsualAlignment = alignof(std::max_align_t);

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size, kUsualAlignment);
}
void* operator new[](std::size_t size) {
  return allocate(size, kUsualAlignment);
}
void* operator new(std::size_t size, std::align_val_t at) {
  return allocate(size, static_cast<std::size_t>(at));
}
void* operator new[](std::size_t size, std::align_val_t at) {
  return allocate(size, static_cast<std::size_t>(at));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate_or_null(size, kUsualAlignment);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate_or_null(size, kUsualAlignment);
}
void operator delete(void* block) noexcept {
  std::free(block);
}
void operator delete[](void* block) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  std::free(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  std::free(block);
}

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("a state allocates nothing after construction", "[incremental][allocation]") {
  for (const HmaKind hma : {HmaKind::sma, HmaKind::hull}) {
    AtcConfig config;
    config.hma = hma;
    const auto params = AtcParams::create(config, 2);
    Rng rng(1);
    const auto bars = random_bars(rng, 5000, 1'000'000);
    AtcState state(params);
    std::vector<std::byte> bytes(state.bytes_size());
    Outputs out;
    Detail detail;
    bool all_ok = true;
    const long before = allocations.load();
    for (const BarTicks& bar : bars) {
      all_ok = state.peek(bar, out) == Status::ok && all_ok;
      all_ok = state.peek(bar, out, detail) == Status::ok && all_ok;
      all_ok = state.commit(bar, out) == Status::ok && all_ok;
      state.detail(detail);
      state.to_bytes(bytes);
      all_ok = state.from_bytes(bytes) == BytesStatus::ok && all_ok;
    }
    state.reset();
    const long after = allocations.load();
    REQUIRE(all_ok);
    REQUIRE(after == before);
  }
}

TEST_CASE("an anchored state allocates nothing after construction", "[incremental][allocation]") {
  const Anchor anchor{Anchor::Kind::rolling, 0, 100, 7};
  Rng rng(2);
  const auto bars = random_bars(rng, 2000, 1'000'000);
  AnchoredState state(AtcParams::create({}, 2), anchor, 60'000);
  Outputs out;
  bool all_ok = true;
  const long before = allocations.load();
  for (const BarTicks& bar : bars) {
    all_ok = state.peek(bar, out) == Status::ok && all_ok;
    all_ok = state.commit(bar, out) == Status::ok && all_ok;
  }
  state.reset();
  const long after = allocations.load();
  REQUIRE(all_ok);
  REQUIRE(after == before);
}
