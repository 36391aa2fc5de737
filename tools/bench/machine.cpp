#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "tools/bench/bench.hpp"
#include "tools/bench/statistics.hpp"

namespace lockstep::bench {
namespace {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string kernel() {
  utsname name{};
  return uname(&name) == 0 ? std::string(name.sysname) + ' ' + name.release : "unknown";
}

const char* compiler() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

}  // namespace

Json describe_machine() {
  Json json;
  json["cpu"] = cpu_model();
  json["cores"] = std::thread::hardware_concurrency();
#ifdef __x86_64__
  json["avx2"] = static_cast<bool>(__builtin_cpu_supports("avx2"));
  json["avx512"] = static_cast<bool>(__builtin_cpu_supports("avx512f"));
#else
  json["avx2"] = false;
  json["avx512"] = false;
#endif
  json["kernel"] = kernel();
  json["compiler"] = compiler();
  double load[1] = {0};
  // Others at work make wall times and high percentiles worse: a reader must see it.
  if (getloadavg(load, 1) == 1) json["load_1min"] = rounded(load[0], 2);
  return json;
}

Json describe_build() {
  Json json;
  json["version"] = LOCKSTEP_VERSION;
  json["type"] = LOCKSTEP_BUILD_TYPE;
  json["compiler"] = compiler();
  return json;
}

}  // namespace lockstep::bench
