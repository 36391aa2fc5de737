// commit_ns for each instruction set. Which step runs is decided once per process (LOCKSTEP_CPU), so each is
// a child.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "tools/bench/bench.hpp"

namespace lockstep::bench {
namespace {

/// In the child: this program again, with standard output into the pipe.
[[noreturn]] void become_bench(const char* cpu_path, const BenchOptions& options, int out_fd) {
  dup2(out_fd, STDOUT_FILENO);
  setenv("LOCKSTEP_CPU", cpu_path, 1);
  const char* quick = options.is_quick ? "--quick" : nullptr;
  execl("/proc/self/exe", "lockstep", "bench", "--json", "--one-cpu-path", "--only", "incremental", quick,
        nullptr);
  _exit(127);
}

std::string read_all(int fd) {
  std::string text;
  char piece[4096];
  for (ssize_t count; (count = read(fd, piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(count));
  return text;
}

Json measure_in_child(const char* cpu_path, const BenchOptions& options) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("bench: no pipe to a child process");
  const pid_t child = fork();
  if (child == 0) become_bench(cpu_path, options, ends[1]);
  close(ends[1]);
  const std::string text = child > 0 ? read_all(ends[0]) : std::string();
  close(ends[0]);
  int status = -1;
  if (child > 0) waitpid(child, &status, 0);
  if (status != 0)
    throw std::runtime_error(std::string("bench: the child for LOCKSTEP_CPU=") + cpu_path + " failed");
  return Json::parse(text).at("incremental");
}

}  // namespace

Json measure_cpu_paths(const BenchOptions& options) {
  Json json = Json::object();
  for (const char* cpu_path : {"baseline", "avx2", "avx512"}) {
    const Json figures = measure_in_child(cpu_path, options);
    // A CPU without it falls back to the next one, which has its own line.
    if (figures.at("cpu_path") == cpu_path) json[cpu_path] = figures.at("commit_ns");
  }
  return json;
}

}  // namespace lockstep::bench
