// Stream clients in a process of their own: on two CPUs they would else be measured with the engine.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace lockstep::bench {

/// This program again, with StreamClients that read at idle priority: clients stand for other machines, and
/// run when this one has nothing better to do. Every call waits for the child; all throw std::runtime_error
/// with its complaint.
class ClientProcess {
 public:
  ClientProcess();
  ~ClientProcess();
  ClientProcess(const ClientProcess&) = delete;
  ClientProcess& operator=(const ClientProcess&) = delete;

  /// `count` clients, each with another one of symbol_names(count); returns when all have their snapshots.
  void connect(int port, std::size_t count);
  /// How many of `frames` more have not come within 30 s. Throws when the server has closed a connection,
  /// too.
  std::uint64_t missing_of(std::uint64_t frames);
  void disconnect();

 private:
  std::string ask(const std::string& command);

  pid_t child_ = -1;
  std::FILE* to_child_ = nullptr;
  std::FILE* from_child_ = nullptr;
};

/// What the child does: commands from standard input until it ends. Returns its exit code.
int serve_client_process();

}  // namespace lockstep::bench
