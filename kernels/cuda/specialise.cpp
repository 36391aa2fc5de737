#include "kernels/cuda/specialise.hpp"

#include "kernels/cuda/device/hot.hpp"
#include "kernels/cuda/kernel_cache.hpp"
#include "kernels/cuda/nvrtc.hpp"

namespace lockstep::cuda {
namespace {

/// FixedConfig's parameters.
struct Shape {
  int offsets = 0;
  int families = 0;
  bool is_hull = false;
  std::array<int, kFamilyCount> length{};
  friend bool operator==(const Shape&, const Shape&) = default;
};

Shape shape_of(const AtcConfig& config) {
  constexpr int kOffsets[] = {1234, 1246, 1357};
  Shape shape;
  shape.offsets = kOffsets[static_cast<std::size_t>(config.robustness)];
  int some_length = 0;
  for (std::size_t f = kFamilyCount; f-- > 0;) {
    shape.families |= static_cast<int>(config.enabled[f]) << f;
    if (config.enabled[f]) some_length = config.lengths[f];
  }
  // Lengths of families that are not enabled do not matter: all such configurations share a kernel.
  for (std::size_t f = 0; f < kFamilyCount; ++f)
    shape.length[f] = config.enabled[f] ? config.lengths[f] : some_length;
  shape.is_hull = config.hma == HmaKind::hull && config.enabled[kHma];
  return shape;
}

template <class Config>
Shape shape_of_kernel() {
  Shape shape;
  if constexpr (Config::kSteadyOnly) {
    shape.offsets = Config::kOffsetDigits;
    shape.families = Config::kFamilyBits;
    shape.is_hull = Config::is_hull();
    for (int f = 0; f < kFamilyCount; ++f) shape.length[static_cast<std::size_t>(f)] = Config::base(f);
  }
  return shape;
}

std::int64_t bars_of(const detail::BatchWork& work) {
  std::int64_t bars = 0;
  for (const BatchSeries& series : work.series) bars += series.size();
  return bars;
}

}  // namespace

std::string config_type(const AtcConfig& config) {
  const Shape shape = shape_of(config);
  std::string text = "FixedConfig<" + std::to_string(shape.offsets) + ", " + std::to_string(shape.families) +
                     (shape.is_hull ? ", true" : ", false");
  for (const int length : shape.length) text += ", " + std::to_string(length);
  return text + ">";
}

std::optional<std::string> hot_kernel(const AtcConfig& config) {
  struct Hot {
    const char* name;
    Shape shape;
  };
#define LOCKSTEP_HOT_ENTRY(name, ...) {#name, shape_of_kernel<__VA_ARGS__>()},
  static const Hot kHot[] = {LOCKSTEP_HOT_KERNELS(LOCKSTEP_HOT_ENTRY)};
#undef LOCKSTEP_HOT_ENTRY
  const Shape shape = shape_of(config);
  for (const Hot& hot : kHot) {
    if (hot.shape == shape) return hot.name;
  }
  return std::nullopt;
}

const void* specialised_kernel(Device& device, const AtcConfig& config, const detail::BatchWork& work) {
  if (const auto hot = hot_kernel(config)) return device.kernel(*hot);
  if (!work.specialise || device.architecture() == 0) return nullptr;
  const Nvrtc* compiler = nvrtc();
  if (!compiler) return nullptr;
  const KernelKey key{config_type(config), device.architecture(), compiler->version};
  try {
    std::optional<std::string> image = KernelCache::of_user().find(key);
    if (!image && bars_of(work) >= kCompileBars) {
      image = compile_kernel(*compiler, key.config_type, key.architecture, KernelForm::cubin);
      KernelCache::of_user().keep(key, *image);
    }
    return image ? device.load(key.text(), *image) : nullptr;
  } catch (const DeviceError&) {
    return nullptr;  // the kernel for any configuration gives the same bits
  }
}

}  // namespace lockstep::cuda
