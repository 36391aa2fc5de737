// Kernels compiled at run time: what NVRTC is given, what it gives, and what the disk keeps of it.
#include "kernels/cuda/nvrtc.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "kernels/cuda/kernel_cache.hpp"
#include "kernels/cuda/specialise.hpp"
#include "tests/support/catch.hpp"

using namespace lockstep;
using namespace lockstep::cuda;

namespace {

/// A folder that goes when it is done with.
struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("lockstep_kernel_cache_" + std::to_string(getpid()));
  ~Folder() { std::filesystem::remove_all(path); }
};

const KernelKey kKey{"FixedConfig<1246, 63, false, 30, 30, 30, 30, 30, 30>", 90, "13.0"};

}  // namespace

TEST_CASE("a configuration's kernel is named by its lengths, offsets and families", "[kernels][cuda]") {
  AtcConfig config;
  REQUIRE(config_type(config) == "FixedConfig<1246, 63, false, 28, 28, 28, 28, 28, 28>");
  config.lengths = {10, 20, 30, 40, 50, 60};
  config.robustness = Robustness::wide;
  config.hma = HmaKind::hull;
  REQUIRE(config_type(config) == "FixedConfig<1357, 63, true, 10, 20, 30, 40, 50, 60>");
  // Lengths of families that are not enabled are those of the first that is: one kernel for all of them.
  config.enabled = {false, false, true, false, false, true};
  REQUIRE(config_type(config) == "FixedConfig<1357, 36, false, 30, 30, 30, 30, 30, 60>");
}

TEST_CASE("kernels on disk are found by key, and only whole", "[kernels][cuda]") {
  const Folder folder;
  const KernelCache cache(folder.path / "deep" / "down");
  REQUIRE(!cache.find(kKey));
  const std::string image("an image\nwith lines\0and zeros", 29);
  cache.keep(kKey, image);
  REQUIRE(cache.find(kKey) == image);
  for (const KernelKey& other :
       {KernelKey{kKey.config_type, 89, kKey.compiler_version}, KernelKey{kKey.config_type, 90, "12.9"},
        KernelKey{"FixedConfig<>", 90, "13.0"}}) {
    REQUIRE(!cache.find(other));
    // Even where the file is that of another key.
    std::filesystem::copy_file(cache.path_of(kKey), cache.path_of(other));
    REQUIRE(!cache.find(other));
  }
  const std::string path = cache.path_of(kKey).string();
  SECTION("cut short") {
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
    REQUIRE(!cache.find(kKey));
  }
  SECTION("a bit off") {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-3, std::ios::end);
    file.put('?');
    file.close();
    REQUIRE(!cache.find(kKey));
  }
  SECTION("and written again") {
    cache.keep(kKey, "another");
    REQUIRE(cache.find(kKey) == "another");
  }
}

TEST_CASE("a folder that cannot be written keeps nothing and breaks nothing", "[kernels][cuda]") {
  const KernelCache nowhere("/dev/null/not a folder");
  nowhere.keep(kKey, "image");
  REQUIRE(!nowhere.find(kKey));
  const KernelCache none{std::filesystem::path()};
  none.keep(kKey, "image");
  REQUIRE(!none.find(kKey));
}

TEST_CASE("NVRTC compiles a configuration's kernel, rounded operation by operation",
          "[kernels][cuda][nvrtc]") {
  const Nvrtc* compiler = nvrtc();
  if (!compiler) {
    WARN("no libnvrtc on this machine: nothing compiled");
    return;
  }
  const std::string ptx =
      compile_kernel(*compiler, "FixedConfig<1357, 32, false, 30, 30, 30, 30, 30, 30>", 75, KernelForm::ptx);
  REQUIRE_THAT(ptx, Catch::Contains(".entry lockstep_batch"));
  REQUIRE_THAT(ptx, Catch::Contains("mul.rn.f64"));
  REQUIRE(ptx.find("fma.") == std::string::npos);
  REQUIRE(!std::regex_search(ptx, std::regex("\\b(add|sub|mul|div|sqrt)\\.(approx|ftz|f64|f32|full)")));
  const std::string cubin =
      compile_kernel(*compiler, "FixedConfig<1357, 1, false, 30, 30, 30, 30, 30, 30>", 90, KernelForm::cubin);
  REQUIRE(cubin.substr(1, 3) == "ELF");
  REQUIRE_THROWS_WITH(compile_kernel(*compiler, "NoSuchConfig", 90, KernelForm::ptx),
                      Catch::Contains("NVRTC") && Catch::Contains("NoSuchConfig"));
}
