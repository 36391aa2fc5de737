#include "replay/simulation/seed_jobs.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <system_error>
#include <vector>

namespace lockstep::simulation {
namespace {

/// What the processes share.
struct Board {
  std::atomic<std::uint64_t> next{0};  ///< place of the next seed to be run
  struct Job {
    Totals totals;
    std::uint64_t seed = 0;  ///< at hand
    bool is_broken = false;
  };
  Job jobs[kJobsMax];
};

class SharedBoard {
 public:
  SharedBoard() {
    void* const memory =
        ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    board_ = new (memory) Board;
  }
  ~SharedBoard() { ::munmap(board_, sizeof(Board)); }
  SharedBoard(const SharedBoard&) = delete;
  SharedBoard& operator=(const SharedBoard&) = delete;
  Board* operator->() const { return board_; }

 private:
  Board* board_;
};

void print_failure(const SimulationOptions& options, const SimulationReport& report, bool has_trace) {
  if (!has_trace) {
    for (const std::string& line : report.last_lines) fmt::print("{}\n", line);
  }
  fmt::print("seed {} ({}) does not hold:\n", options.seed, report.venue);
  for (const std::string& violation : report.violations) fmt::print("  {}\n", violation);
  fmt::print("again, with everything that happens: lockstep simulate --seed {} --hours {} --trace\n",
             options.seed, options.hours);
}

void print_seed(const SimulationOptions& options, const SimulationReport& report) {
  fmt::print(
      "seed {} {} hash {:016x} {}: {} publications, {} bars compared, {} faults, {} starts, {} power cuts\n",
      options.seed, report.venue, report.hash, report.violations.empty() ? "holds" : "FAILS",
      report.publications, report.bars_checked, report.faults, report.starts, report.power_cuts);
}

/// One process' share: the next seed, until there is none.
void work(const CommandOptions& asked, const SharedBoard& board, Board::Job& job, double begin_s) {
  SimulationOptions options;
  options.hours = asked.hours;
  options.venue = asked.venue;
  if (asked.has_trace) options.trace = [](const std::string& line) { fmt::print("{}\n", line); };
  try {
    while (asked.seconds == 0 || host_seconds() - begin_s < asked.seconds) {
      const std::uint64_t place = board->next++;
      if (place >= asked.count) return;
      options.seed = job.seed = asked.seed + place;
      SimulationReport report = simulate(options);
      if (asked.is_twice && simulate(options).hash != report.hash)
        report.violations.push_back("the same seed has come to another hash");
      job.totals.add(report);
      if (!report.violations.empty()) print_failure(options, report, asked.has_trace);
      if (!asked.is_quiet) print_seed(options, report);
      std::fflush(stdout);  // all of a seed at once: others print, too
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "lockstep simulate: seed {}: {}\n", job.seed, error.what());
    job.is_broken = true;
  }
}

void wait_for(pid_t process, Board::Job& job) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  job.is_broken = true;
  fmt::print(stderr, "lockstep simulate: seed {}: its process was ended by {}\n", job.seed,
             WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                 : fmt::format("exit code {}", WEXITSTATUS(status)));
}

}  // namespace

double host_seconds() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void Totals::add(const SimulationReport& report) {
  add({1, report.violations.empty() ? 0U : 1U, report.publications, report.bars_checked, report.revisions,
       report.faults, report.starts, report.kills, report.power_cuts});
}

void Totals::add(const Totals& others) {
  seeds += others.seeds;
  failed += others.failed;
  publications += others.publications;
  bars += others.bars;
  revisions += others.revisions;
  faults += others.faults;
  starts += others.starts;
  kills += others.kills;
  power_cuts += others.power_cuts;
}

JobsResult run_seeds(const CommandOptions& asked) {
  const double begin_s = host_seconds();
  const SharedBoard board;
  std::setvbuf(stdout, nullptr, asked.has_trace ? _IOLBF : _IOFBF, 1 << 20);
  const auto jobs = static_cast<std::size_t>(asked.jobs);
  if (jobs == 1) {
    work(asked, board, board->jobs[0], begin_s);
  } else {
    std::vector<pid_t> processes;
    for (std::size_t i = 0; i < jobs; ++i) {
      const pid_t process = ::fork();
      if (process < 0) throw std::system_error(errno, std::generic_category(), "fork");
      if (process == 0) {
        work(asked, board, board->jobs[i], begin_s);
        std::fflush(stdout);
        ::_exit(0);
      }
      processes.push_back(process);
    }
    for (std::size_t i = 0; i < jobs; ++i) wait_for(processes[i], board->jobs[i]);
  }
  JobsResult result;
  for (std::size_t i = 0; i < jobs; ++i) {
    result.totals.add(board->jobs[i].totals);
    result.is_broken |= board->jobs[i].is_broken;
  }
  return result;
}

}  // namespace lockstep::simulation
