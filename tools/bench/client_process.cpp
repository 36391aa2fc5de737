#include "tools/bench/client_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "tools/bench/stream_clients.hpp"

namespace lockstep::bench {
namespace {

struct Pipe {
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("bench api: no pipe to a child process");
  }
  int ends[2];
};

/// The child's part.
class Clients {
 public:
  /// The answer to one command; throws std::runtime_error.
  std::uint64_t answer(const std::string& command) {
    std::istringstream words(command);
    std::string verb;
    words >> verb;
    if (verb == "connect") {
      int port = 0;
      std::size_t count = 0;
      words >> port >> count;
      clients_ = std::make_unique<StreamClients>(port, count, count, StreamClients::Priority::idle);
      expected_ = 2 * count;  // hello and snapshot
      if (!clients_->wait_for(expected_)) throw std::runtime_error("snapshots are missing");
      return 0;
    }
    if (verb == "disconnect") {
      clients_.reset();
      return 0;
    }
    std::uint64_t frames = 0;
    words >> frames;
    expected_ += frames;
    clients_->wait_for(expected_);
    if (clients_->has_lost_one()) throw std::runtime_error("the server closed the connection of a client");
    return expected_ - std::min(expected_, clients_->frames());
  }

 private:
  std::unique_ptr<StreamClients> clients_;
  std::uint64_t expected_ = 0;
};

}  // namespace

ClientProcess::ClientProcess() {
  const Pipe commands, answers;
  child_ = fork();
  if (child_ == 0) {
    dup2(commands.ends[0], STDIN_FILENO);
    dup2(answers.ends[1], STDOUT_FILENO);
    execl("/proc/self/exe", "lockstep", "bench", "--stream-clients", nullptr);
    _exit(127);
  }
  close(commands.ends[0]);
  close(answers.ends[1]);
  to_child_ = fdopen(commands.ends[1], "w");
  from_child_ = fdopen(answers.ends[0], "r");
}

ClientProcess::~ClientProcess() {
  std::fclose(to_child_);  // which ends it
  std::fclose(from_child_);
  if (child_ > 0) waitpid(child_, nullptr, 0);
}

void ClientProcess::connect(int port, std::size_t count) {
  ask("connect " + std::to_string(port) + ' ' + std::to_string(count));
}

std::uint64_t ClientProcess::missing_of(std::uint64_t frames) {
  return std::stoull(ask("expect " + std::to_string(frames)));
}

void ClientProcess::disconnect() {
  ask("disconnect");
}

std::string ClientProcess::ask(const std::string& command) {
  std::fputs((command + '\n').c_str(), to_child_);
  std::fflush(to_child_);
  char line[256];
  if (std::fgets(line, sizeof line, from_child_) == nullptr)
    throw std::runtime_error("bench api: the clients' process has ended");
  std::string text(line);
  text.resize(text.find_last_not_of('\n') + 1);
  if (text.starts_with("ok ")) return text.substr(3);
  throw std::runtime_error("bench api: clients: " + text);
}

int serve_client_process() {
  Clients clients;
  std::string command;
  while (std::getline(std::cin, command)) {
    try {
      std::cout << "ok " << clients.answer(command) << std::endl;
    } catch (const std::runtime_error& error) {
      std::cout << error.what() << std::endl;
    }
  }
  return 0;
}

}  // namespace lockstep::bench
