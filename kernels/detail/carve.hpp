// One block of memory, cut into arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace lockstep::detail {

/// Of a cache line.
inline constexpr std::size_t kCarvedAlignment = 64;

/// Owns a block aligned to a cache line. std::bad_alloc.
class AlignedMemory {
 public:
  AlignedMemory() = default;
  explicit AlignedMemory(std::size_t bytes)
      : block_(static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kCarvedAlignment}))) {}
  std::byte* get() const { return block_.get(); }

 private:
  struct Free {
    void operator()(std::byte* block) const { ::operator delete (block, std::align_val_t{kCarvedAlignment}); }
  };
  std::unique_ptr<std::byte, Free> block_;
};

/// Gives out arrays one after the other, each on a cache line of its own; of no memory (null), it only
/// counts.
class Carver {
 public:
  explicit Carver(std::byte* memory) : memory_(memory) {}

  template <class T>
  void take(T*& array, std::int64_t count) {
    array = memory_ ? reinterpret_cast<T*>(memory_ + used_) : nullptr;
    const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(T);
    used_ += (bytes + kCarvedAlignment - 1) / kCarvedAlignment * kCarvedAlignment;
  }
  std::size_t used() const { return used_; }

 private:
  std::byte* memory_;
  std::size_t used_ = 0;
};

}  // namespace lockstep::detail
