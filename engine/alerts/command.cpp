#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <system_error>
#include <vector>

#include "engine/alerts/courier.hpp"

namespace lockstep::engine::alerts {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

std::string error_text(const char* call, int error) {
  return fmt::format("{}: {}", call, std::generic_category().message(error));
}

/// A file without a name that holds the text, at its beginning; -1 with errno set.
int make_input(const std::string& text) {
  const int file = ::memfd_create("alert", MFD_CLOEXEC);
  if (file < 0) return -1;
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t count = ::write(file, text.data() + at, text.size() - at);
    if (count < 0) {
      ::close(file);
      return -1;
    }
    at += static_cast<std::size_t>(count);
  }
  ::lseek(file, 0, SEEK_SET);
  return file;
}

/// In a process group of its own, with nothing of ours but the input. 0 or an error.
int spawn(const std::vector<std::string>& command, int input, const std::string& id, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  // The daemon's environment may hold secrets.
  std::string path = "PATH=/usr/local/bin:/usr/bin:/bin";
  std::string own_id = "LOCKSTEP_ALERT_ID=" + id;
  char* environment[] = {path.data(), own_id.data(), nullptr};
  const int error =
      ::posix_spawn(&pid, command.front().c_str(), &actions, &attributes, arguments.data(), environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

class Command final : public Courier {
 public:
  Command(asio::io_context& io, const AlertTarget& target)
      : io_(io), target_(target), exit_(io), timer_(io) {}
  ~Command() override { cancel(); }

  void send(const Delivery& delivery, Done done) override {
    done_ = std::move(done);
    if (const std::string error = start(delivery); !error.empty()) {
      asio::post(io_, [this, alive = std::weak_ptr(alive_), error] {
        if (!alive.expired()) finish({error, false, {}});
      });
      return;
    }
    timer_.expires_after(std::chrono::seconds(target_.timeout_s));
    timer_.async_wait([this, alive = std::weak_ptr(alive_)](error_code error) {
      if (error || alive.expired()) return;
      end();
      finish({fmt::format("did not end within {} s, killed", target_.timeout_s), false, {}});
    });
    exit_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [this, alive = std::weak_ptr(alive_)](error_code error) {
                       if (!error && !alive.expired()) ended();
                     });
  }

  void cancel() override {
    alive_ = std::make_shared<bool>(true);
    done_ = nullptr;
    timer_.cancel();
    end();
  }

 private:
  std::string start(const Delivery& delivery) {
    const int input = make_input(delivery.body);
    if (input < 0) return error_text("memfd_create", errno);
    const int error = spawn(target_.command, input, delivery.id, pid_);
    ::close(input);
    if (error != 0) {
      pid_ = -1;
      return error_text(target_.command.front().c_str(), error);
    }
    const long descriptor = ::syscall(SYS_pidfd_open, pid_, 0);
    if (descriptor < 0) {
      const int why = errno;
      end();
      return error_text("pidfd_open", why);
    }
    exit_.assign(static_cast<int>(descriptor));
    return "";
  }

  void ended() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    exit_.close();
    Outcome outcome;
    if (WIFSIGNALED(status)) {
      outcome.error = fmt::format("ended by signal {}", WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
      outcome.error = fmt::format("exit code {}", WEXITSTATUS(status));
      outcome.is_refused = true;
    }
    finish(outcome);
  }

  /// The program and what it has started, if it still runs.
  void end() {
    if (pid_ > 0) {
      ::kill(-pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      pid_ = -1;
    }
    if (exit_.is_open()) exit_.close();
  }

  void finish(const Outcome& outcome) {
    timer_.cancel();
    const Done done = std::exchange(done_, nullptr);
    if (done) done(outcome);
  }

  asio::io_context& io_;
  AlertTarget target_;
  Done done_;
  pid_t pid_ = -1;
  asio::posix::stream_descriptor exit_;
  asio::steady_timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< another one after cancel()
};

}  // namespace

std::unique_ptr<Courier> make_command(asio::io_context& io, const AlertTarget& target) {
  return std::make_unique<Command>(io, target);
}

}  // namespace lockstep::engine::alerts
