// lockstep: one program, one sub-command a file.
#include <CLI/CLI.hpp>

#include <exception>
#include <functional>
#include <iostream>

#include "tools/alerts_command.hpp"
#include "tools/audit_command.hpp"
#include "tools/bench_command.hpp"
#include "tools/cli_texts.hpp"
#include "tools/compute_command.hpp"
#include "tools/decode_command.hpp"
#include "tools/doctor_command.hpp"
#include "tools/exit_code.hpp"
#include "tools/journal_command.hpp"
#include "tools/record_command.hpp"
#include "tools/replay_command.hpp"
#include "tools/run_command.hpp"
#include "tools/scan_command.hpp"
#include "tools/sim_command.hpp"
#include "tools/simulate_command.hpp"
#include "tools/verify_command.hpp"

int main(int argc, char** argv) {
  using namespace lockstep::tools;
  CLI::App app{
      "Streaming trend classification whose live, replayed and recomputed signals are the same bits.",
      "lockstep"};
  app.set_version_flag("--version", "lockstep " LOCKSTEP_VERSION);
  app.require_subcommand(1);
  std::function<int()> run;
  add_run_command(app, run);
  add_compute_command(app, run);
  add_verify_command(app, run);
  add_scan_command(app, run);
  add_decode_command(app, run);
  add_record_command(app, run);
  add_replay_command(app, run);
  add_journal_command(app, run);
  add_audit_command(app, run);
  add_sim_command(app, run);
  add_simulate_command(app, run);
  add_bench_command(app, run);
  add_alerts_command(app, run);
  add_doctor_command(app, run);
  add_text_commands(app, run);
  try {
    app.parse(argc, argv);
    return run ? run() : static_cast<int>(kExitUsage);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitFine : kExitUsage;  // --help is an "error" without a code
  } catch (const std::exception& error) {
    std::cerr << "lockstep: " << error.what() << '\n';
    return kExitEnvironment;
  }
}
