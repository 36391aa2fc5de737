#include "engine/metrics/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

namespace lockstep::engine::metrics {
namespace {

void write_memory(TextWriter& out) {
  std::ifstream in("/proc/self/statm");
  std::uint64_t total_pages = 0, resident_pages = 0;
  if (!(in >> total_pages >> resident_pages)) return;
  const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  out.single("process_resident_memory_bytes", Type::gauge, "Resident memory.", resident_pages * page_bytes);
  out.single("process_virtual_memory_bytes", Type::gauge, "Virtual memory.", total_pages * page_bytes);
}

void write_descriptors(TextWriter& out) {
  std::error_code error;
  std::uint64_t open = 0;
  for (std::filesystem::directory_iterator each("/proc/self/fd", error), end; !error && each != end;
       each.increment(error)) {
    ++open;
  }
  if (!error && open > 0) {
    // One of them is that of the folder itself.
    out.single("process_open_fds", Type::gauge, "Open file descriptors.", open - 1);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    out.single("process_max_fds", Type::gauge, "Most file descriptors that may be open.", limit.rlim_cur);
}

void write_cpu(TextWriter& out) {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  out.single("process_cpu_seconds_total", Type::counter, "CPU time of all threads.",
             seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

/// Seconds since 1970 at which the process began: the boot's, and the 22nd field of its stat.
std::optional<double> start_time() {
  std::ifstream stat("/proc/self/stat");
  std::string text;
  if (!std::getline(stat, text)) return std::nullopt;
  // The second field is the program's name in parentheses, which may hold anything.
  const std::size_t end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(end_of_name + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double ticks = 0;
  if (!(fields >> ticks)) return std::nullopt;
  std::ifstream all("/proc/stat");
  for (std::string name; all >> name; std::getline(all, skipped)) {
    double boot = 0;
    if (name == "btime" && all >> boot) return boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return std::nullopt;
}

}  // namespace

void write_process(TextWriter& out) {
  write_memory(out);
  write_descriptors(out);
  write_cpu(out);
  if (const auto start = start_time())
    out.single("process_start_time_seconds", Type::gauge, "When the process began, since 1970.", *start);
}

}  // namespace lockstep::engine::metrics
