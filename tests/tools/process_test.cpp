// What `lockstep run` does around the daemon: the guard of starts, the pulse for a service manager, core
// dumps.
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "engine/journal/lock_file.hpp"
#include "engine/journal/storage.hpp"
#include "tests/support/catch.hpp"
#include "tests/tools/temporary_folder.hpp"
#include "tools/core_dumps.hpp"
#include "tools/service_manager.hpp"
#include "tools/start_guard.hpp"

namespace lockstep::test {

using namespace std::chrono_literals;
using tools::ServiceManager;
using tools::StartGuard;

TEST_CASE("P9: starts that do not last wait longer and longer, and say why", "[tools][process][fault][P9]") {
  const TemporaryFolder folder;
  const std::string data = folder.path("data");
  for (const std::chrono::seconds wait : {0s, 0s, 0s, 0s, 10s, 20s, 40s, 80s, 160s, 240s, 240s}) {
    StartGuard guard(data);
    CAPTURE(guard.failed());
    CHECK(guard.wait() == wait);
    guard.begin();
  }
  StartGuard guard(data);
  CHECK(guard.failed() == 11);
  CHECK_THAT(guard.text(), Catch::Contains("last 11 starts did not run for 60 s") &&
                               Catch::Contains("waits 240 s") &&
                               Catch::Contains("lockstep journal check " + data) &&
                               Catch::Contains("remove " + data + "/starts"));
  struct stat status {};
  REQUIRE(::stat((data + "/starts").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  guard.begin();
  guard.forget();
  CHECK(StartGuard(data).failed() == 0);
}

TEST_CASE("P9: a guard that cannot be read lets the daemon start", "[tools][process][fault][P9]") {
  const TemporaryFolder folder;
  const std::string data = folder.path("data");
  StartGuard(data).begin();
  for (const char* const text : {"", "x", "-7", "99999999999999999999", "4 4"}) {
    std::ofstream(data + "/starts", std::ios::trunc) << text;
    const StartGuard guard(data);
    CAPTURE(text, guard.failed());
    CHECK((guard.failed() == 0 || (guard.failed() == 4 && text[0] == '4')));
  }
}

TEST_CASE("S11: the guard counts no start beside a daemon that runs", "[tools][process][fault][S11]") {
  const TemporaryFolder folder;
  const engine::journal::LockFile running(folder.path("data"));
  CHECK_THROWS_WITH(StartGuard(folder.path("data")), Catch::Contains("is in use by process"));
}

namespace {

/// systemd's end of the socket.
class Notified {
 public:
  explicit Notified(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "1000000", 1);
  }
  ~Notified() {
    ::close(socket_);
    ::unsetenv("WATCHDOG_USEC");
  }
  std::string next() {
    char text[1024];
    const ssize_t size = ::recv(socket_, text, sizeof text, 0);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "";
  }

 private:
  int socket_;
};

}  // namespace

TEST_CASE("P4: a service manager hears a pulse only while all is well", "[tools][process][fault][P4]") {
  const TemporaryFolder folder;
  Notified notified(folder.path("notify"));
  ServiceManager manager;
  bool is_well = true;
  int asked = 0;
  auto now = std::chrono::steady_clock::now();
  const auto beat = [&](std::chrono::milliseconds later) {
    now += later;
    manager.alive(now, [&] {
      ++asked;
      return is_well;
    });
    return notified.next();
  };
  CHECK(beat(0ms) == "WATCHDOG=1");
  CHECK(beat(499ms) == "");
  CHECK(asked == 1);  // not more often than it matters
  CHECK(beat(1ms) == "WATCHDOG=1");
  is_well = false;
  for (int i = 0; i < 10; ++i) CHECK(beat(500ms) == "");
  is_well = true;
  CHECK(beat(1ms) == "WATCHDOG=1");
  manager.waiting("slowly", 10s);
  CHECK(notified.next() == "STATUS=slowly\nEXTEND_TIMEOUT_USEC=310000000");
}

TEST_CASE("A8: with a secret in the configuration there is no core dump", "[tools][process][fault][A8]") {
  struct Restored {
    ~Restored() { ::prctl(PR_SET_DUMPABLE, 1); }
  } restored;
  const auto is_dumpable = [] { return ::prctl(PR_GET_DUMPABLE) == 1; };
  ::prctl(PR_SET_DUMPABLE, 1);
  engine::Config config;
  tools::keep_out_of_core_dumps(config);
  CHECK(is_dumpable());
  SECTION("a token") {
    config.api.token = std::string(32, 't');
  }
  SECTION("a webhook, whose address may hold a key") {
    config.alerts.targets.emplace_back();
    config.alerts.targets.back().url = "https://example.org/services/T0/B0";
  }
  tools::keep_out_of_core_dumps(config);
  CHECK_FALSE(is_dumpable());
  tools::keep_out_of_core_dumps(engine::Config());
  CHECK_FALSE(is_dumpable());
}

}  // namespace lockstep::test
