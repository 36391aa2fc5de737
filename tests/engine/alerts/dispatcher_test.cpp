// Alerts on their way: to local servers and programs, over failures and restarts.
#include "engine/alerts/dispatcher.hpp"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "engine/alerts/courier.hpp"
#include "engine/alerts/outbox.hpp"
#include "tests/engine/alerts/hook_server.hpp"
#include "tests/feeds/mock_venue.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"
#include "tests/tools/temporary_folder.hpp"

namespace lockstep::engine::alerts {
namespace {

using test::Hook;
using test::HookServer;

Alert alert(int number) {
  Alert alert = sample_alert();
  alert.id = alert_id(std::to_string(number));
  alert.ts_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count();
  alert.ts_open_ms = number;
  return alert;
}

AlertTarget webhook(const std::string& url, const std::string& name = "bot") {
  AlertTarget target;
  target.name = name;
  target.kind = AlertTarget::Kind::webhook;
  target.url = url;
  target.timeout_s = 2;
  return target;
}

AlertsConfig config(std::vector<AlertTarget> targets) {
  AlertsConfig config;
  config.targets = std::move(targets);
  return config;
}

bool wait_until(const std::function<bool()>& is_true) {
  return test::eventually(is_true, std::chrono::seconds(30));
}

/// One attempt, on this thread.
Outcome attempt(const AlertTarget& target, const Delivery& delivery) {
  boost::asio::io_context io;
  const auto courier = make_courier(io, target);
  std::optional<Outcome> outcome;
  courier->send(delivery, [&](const Outcome& result) { outcome = result; });
  io.run_for(std::chrono::seconds(30));
  REQUIRE(outcome);
  return *outcome;
}

TEST_CASE("an alert arrives as JSON, with its id and a signature of time and body", "[engine][alerts]") {
  HookServer server;
  AlertTarget target = webhook(server.url("/hook?a=b"));
  target.secret = "0123456789abcdef";
  metrics::Registry registry;
  Dispatcher dispatcher(config({target}), "", registry);
  dispatcher.start();
  dispatcher.post(alert(1), {});
  REQUIRE(server.wait_for(1));
  const Hook hook = server.hooks().front();
  CHECK(hook.target == "/hook?a=b");
  CHECK(hook.headers.at("content-type") == "application/json");
  CHECK(hook.headers.at("x-lockstep-id") == alert(1).id);
  CHECK(nlohmann::json::parse(hook.body)["id"] == alert(1).id);
  CHECK(hook.headers.at("x-lockstep-signature") ==
        signature(target.secret, hook.headers.at("x-lockstep-timestamp"), hook.body));
  CHECK(wait_until([&] { return dispatcher.waiting() == 0; }));
}

TEST_CASE("the signature is that of RFC 4231's way of HMAC-SHA256", "[engine][alerts]") {
  // printf '1700000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
  CHECK(signature("0123456789abcdef", "1700000000", "{}") ==
        "sha256=e4f8e2ecae2295b2ddb2f0b5584c8275e226c0ebe9b3b819e70156bb67122e3e");
}

TEST_CASE("what fails is tried again under the same id until it arrives", "[engine][alerts]") {
  HookServer server;
  server.answer({500, 503, HookServer::kCut});
  metrics::Registry registry;
  Dispatcher dispatcher(config({webhook(server.url())}), "", registry);
  dispatcher.start();
  dispatcher.post(alert(1), {});
  REQUIRE(server.wait_for(4));
  CHECK(wait_until([&] { return dispatcher.waiting() == 0; }));
  std::set<std::string> ids;
  for (const Hook& hook : server.hooks()) ids.insert(hook.headers.at("x-lockstep-id"));
  CHECK(ids == std::set<std::string>{alert(1).id});
  CHECK(registry.counter("lockstep_alerts_failed_attempts_total", "", {{"kind", "webhook"}}).value() == 3);
}

TEST_CASE("one alert that is refused does not hold up those behind it", "[engine][alerts]") {
  HookServer server;
  server.answer({400});
  metrics::Registry registry;
  Dispatcher dispatcher(config({webhook(server.url())}), "", registry);
  dispatcher.post(alert(1), {});
  dispatcher.post(alert(2), {});
  dispatcher.start();
  REQUIRE(server.wait_for(3));
  const auto hooks = server.hooks();
  CHECK(hooks[0].headers.at("x-lockstep-id") == alert(1).id);
  CHECK(hooks[1].headers.at("x-lockstep-id") == alert(2).id);
  CHECK(hooks[2].headers.at("x-lockstep-id") == alert(1).id);
}

TEST_CASE("an end between sending and the answer repeats the alert under its id, and once",
          "[engine][alerts]") {
  test::TemporaryFolder folder;
  const std::string path = folder.path("outbox");
  HookServer server;
  server.answer({HookServer::kCut});
  {
    metrics::Registry registry;
    Dispatcher dispatcher(config({webhook(server.url())}), path, registry);
    dispatcher.start();
    dispatcher.post(alert(1), {});
    REQUIRE(server.wait_for(1));
  }
  for (int restart = 0; restart < 2; ++restart) {
    metrics::Registry registry;
    Dispatcher dispatcher(config({webhook(server.url())}), path, registry);
    dispatcher.start();
    dispatcher.post(alert(1), {});  // the daemon sees the same bar again
    REQUIRE(server.wait_for(2));
    CHECK(wait_until([&] { return dispatcher.waiting() == 0; }));
  }
  const auto hooks = server.hooks();
  REQUIRE(hooks.size() == 2);
  CHECK(hooks[0].headers.at("x-lockstep-id") == hooks[1].headers.at("x-lockstep-id"));
  CHECK(hooks[0].body == hooks[1].body);
}

TEST_CASE("a target that cannot be reached delays nobody, and what waits survives", "[engine][alerts]") {
  test::TemporaryFolder folder;
  const std::string path = folder.path("outbox");
  HookServer server;
  const AlertTarget away = webhook("http://127.0.0.1:1/hook", "away");
  {
    metrics::Registry registry;
    Dispatcher dispatcher(config({away, webhook(server.url())}), path, registry);
    dispatcher.start();
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) dispatcher.post(alert(i), {});
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(500));
    REQUIRE(server.wait_for(20));
    REQUIRE(wait_until([&] { return dispatcher.waiting() == 20; }));
  }
  CHECK(Outbox(path, 100).waiting().size() == 20);
  // The same name at another place, by a reload: what waited arrives there, in order.
  metrics::Registry registry;
  Dispatcher dispatcher(config({away}), path, registry);
  dispatcher.start();
  dispatcher.use(config({webhook(server.url(), "away")}));
  REQUIRE(server.wait_for(40));
  const auto hooks = server.hooks();
  for (int i = 0; i < 20; ++i)
    CHECK(hooks[static_cast<std::size_t>(20 + i)].headers.at("x-lockstep-id") == alert(i).id);
}

TEST_CASE("a full outbox is said loudly and counted", "[engine][alerts]") {
  std::ostringstream log;
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
  {
    metrics::Registry registry;
    AlertsConfig small = config({webhook("http://127.0.0.1:1/hook")});
    small.outbox_max = 2;
    Dispatcher dispatcher(small, "", registry);
    dispatcher.start();
    for (int i = 0; i < 5; ++i) dispatcher.post(alert(i), {});
    CHECK(dispatcher.waiting() == 2);
    CHECK(registry.counter("lockstep_alerts_dropped_total", "", {{"why", "full"}}).value() == 3);
  }
  spdlog::set_default_logger(before);
  CHECK(log.str().find("NEW ALERTS ARE LOST") != std::string::npos);
}

TEST_CASE("what is too old is given up", "[engine][alerts]") {
  metrics::Registry registry;
  Dispatcher dispatcher(config({webhook("http://127.0.0.1:1/hook")}), "", registry);
  dispatcher.start();
  Alert old = alert(1);
  old.ts_ms -= std::int64_t{73} * 3'600'000;
  dispatcher.post(old, {});
  CHECK(dispatcher.waiting() == 0);
  CHECK(registry.counter("lockstep_alerts_dropped_total", "", {{"why", "given_up"}}).value() == 1);
}

TEST_CASE("N13: certificates of webhooks are checked, chain and host", "[engine][alerts][fault][N13]") {
  const Delivery delivery{"id", "bot", "{}", 0};
  const test::TestCertificates right = test::make_certificates("127.0.0.1");
  const test::TestCertificates other = test::make_certificates("localhost");
  test::TemporaryFolder folder;
  HookServer server(right.certificate_pem, right.key_pem);
  AlertTarget target = webhook(server.url());
  CHECK(attempt(target, delivery).error.find("certificate") != std::string::npos);
  target.ca_file = folder.write("right.pem", right.authority_pem);
  CHECK(attempt(target, delivery).error.empty());
  HookServer stranger(other.certificate_pem, other.key_pem);
  AlertTarget wrong_host = webhook(stranger.url());
  wrong_host.ca_file = folder.write("other.pem", other.authority_pem);
  CHECK_FALSE(attempt(wrong_host, delivery).error.empty());
  CHECK(stranger.hooks().empty());
}

TEST_CASE("A8: an error names neither path nor key", "[engine][alerts][fault][A8]") {
  HookServer server;
  server.answer({403, HookServer::kCut});
  AlertTarget target = webhook(server.url("/services/T0SECRET"));
  target.secret = "verysecretverysecret";
  for (int i = 0; i < 2; ++i) {
    const std::string error = attempt(target, {"id", "bot", "{}", 0}).error;
    CHECK_FALSE(error.empty());
    CHECK(error.find("SECRET") == std::string::npos);
    CHECK(error.find("verysecret") == std::string::npos);
  }
}

AlertTarget command(std::vector<std::string> parts) {
  AlertTarget target;
  target.name = "program";
  target.kind = AlertTarget::Kind::command;
  target.command = std::move(parts);
  target.timeout_s = 1;
  return target;
}

TEST_CASE("a command gets the body on its input, its id, and nothing else of ours", "[engine][alerts]") {
  test::TemporaryFolder folder;
  const std::string out = folder.path("out");
  ::setenv("LOCKSTEP_TEST_SECRET", "hidden", 1);
  const std::string script = "cat > " + out + "; env >> " + out + "; ls /proc/self/fd | wc -l >> " + out;
  const std::string body(100'000, 'x');  // more than a pipe holds
  CHECK(attempt(command({"/bin/sh", "-c", script}), {"the-id", "program", body, 0}).error.empty());
  const std::string text = test::read_file(out);
  CHECK(text.substr(0, body.size()) == body);
  CHECK(text.find("LOCKSTEP_ALERT_ID=the-id") != std::string::npos);
  CHECK(text.find("hidden") == std::string::npos);
  CHECK(text.substr(text.size() - 3) == "\n4\n");  // input, output, errors, and the folder that ls reads
}

TEST_CASE("a command's arguments are no shell's words", "[engine][alerts]") {
  test::TemporaryFolder folder;
  const std::string name = folder.path("a b; touch c");
  CHECK(attempt(command({"/usr/bin/touch", name}), {"id", "program", "{}", 0}).error.empty());
  CHECK(std::filesystem::exists(name));
}

TEST_CASE("a command that fails, is not there or does not end says so", "[engine][alerts]") {
  const Delivery delivery{"id", "program", "{}", 0};
  CHECK(attempt(command({"/bin/sh", "-c", "exit 3"}), delivery).error == "exit code 3");
  CHECK(attempt(command({"/nowhere/program"}), delivery).error.find("No such file") != std::string::npos);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(attempt(command({"/bin/sh", "-c", "sleep 60 & sleep 60"}), delivery).error ==
        "did not end within 1 s, killed");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}

}  // namespace
}  // namespace lockstep::engine::alerts
