// The outbox: what it took is there after any end of the process, and nothing of it twice.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "engine/alerts/outbox.hpp"
#include "tests/support/catch.hpp"
#include "tests/tools/temporary_folder.hpp"

namespace lockstep::engine::alerts {
namespace {

Delivery delivery(int number, const std::string& target = "bot") {
  return {"id" + std::to_string(number), target, "{\"n\":" + std::to_string(number) + ",\"t\":\"a\\nb\"}",
          1'700'000'000'000 + number};
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::vector<Delivery> waiting(const Outbox& outbox) {
  std::vector<Delivery> out;
  for (const auto& [number, each] : outbox.waiting()) out.push_back(each);
  return out;
}

TEST_CASE("what was put and not done is there after a restart, in order", "[engine][alerts]") {
  test::TemporaryFolder folder;
  const std::string path = folder.path("outbox");
  {
    Outbox outbox(path, 100);
    for (int i = 0; i < 5; ++i) REQUIRE(outbox.put(delivery(i)) == Outbox::Put::queued);
    outbox.done(2);
    outbox.done(4);
  }
  Outbox again(path, 100);
  CHECK(waiting(again) == std::vector{delivery(0), delivery(2), delivery(4)});
  CHECK(again.finding().empty());
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::others_all) ==
        std::filesystem::perms::none);
}

TEST_CASE("the same id is not taken twice, over restarts and after it was done", "[engine][alerts]") {
  test::TemporaryFolder folder;
  const std::string path = folder.path("outbox");
  {
    Outbox outbox(path, 100);
    REQUIRE(outbox.put(delivery(1)) == Outbox::Put::queued);
    REQUIRE(outbox.put(delivery(2)) == Outbox::Put::queued);
    CHECK(outbox.put(delivery(1)) == Outbox::Put::known);
    CHECK(outbox.put(delivery(1, "other")) == Outbox::Put::queued);
    outbox.done(1);
    CHECK(outbox.put(delivery(1)) == Outbox::Put::known);
  }
  for (int restart = 0; restart < 3; ++restart) {
    Outbox again(path, 100);
    CHECK(again.put(delivery(1)) == Outbox::Put::known);
    CHECK(again.put(delivery(2)) == Outbox::Put::known);
    CHECK(waiting(again) == std::vector{delivery(2), delivery(1, "other")});
  }
}

TEST_CASE("a full outbox says so and loses nothing of what it has", "[engine][alerts]") {
  Outbox outbox("", 2);
  CHECK(outbox.put(delivery(1)) == Outbox::Put::queued);
  CHECK(outbox.put(delivery(2)) == Outbox::Put::queued);
  CHECK(outbox.put(delivery(3)) == Outbox::Put::full);
  outbox.done(1);
  CHECK(outbox.put(delivery(3)) == Outbox::Put::queued);
  CHECK(waiting(outbox) == std::vector{delivery(2), delivery(3)});
}

TEST_CASE("cut anywhere, an outbox holds what was finished before the cut", "[engine][alerts]") {
  test::TemporaryFolder folder;
  const std::string path = folder.path("outbox");
  std::vector<std::size_t> ends;
  {
    Outbox outbox(path, 100);
    for (int i = 0; i < 4; ++i) {
      outbox.put(delivery(i));
      ends.push_back(std::filesystem::file_size(path));
    }
  }
  const std::string whole = read_file(path);
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    CAPTURE(cut);
    write_file(path, whole.substr(0, cut));
    Outbox outbox(path, 100);
    const auto finished = static_cast<std::size_t>(
        std::count_if(ends.begin(), ends.end(), [&](std::size_t end) { return end <= cut; }));
    REQUIRE(outbox.waiting().size() == finished);
    REQUIRE(outbox.finding().empty());
  }
}

TEST_CASE("a damaged line costs only itself, is named, and the file is kept", "[engine][alerts]") {
  test::TemporaryFolder folder;
  const std::string path = folder.path("outbox");
  {
    Outbox outbox(path, 100);
    for (int i = 0; i < 3; ++i) outbox.put(delivery(i));
  }
  std::string text = read_file(path);
  text[text.find("id1")] ^= 1;
  write_file(path, text);
  Outbox outbox(path, 100);
  CHECK(waiting(outbox) == std::vector{delivery(0), delivery(2)});
  CHECK(outbox.finding().find("1 lines are damaged") != std::string::npos);
  CHECK(read_file(path + ".damaged") == text);
}

TEST_CASE("any bytes can be read as an outbox", "[engine][alerts][property]") {
  test::TemporaryFolder folder;
  const std::string path = folder.path("outbox");
  {
    Outbox outbox(path, 100);
    for (int i = 0; i < 6; ++i) outbox.put(delivery(i));
    outbox.done(1);
  }
  const std::string whole = read_file(path);
  std::mt19937 random(3);
  for (int draw = 0; draw < 5'000; ++draw) {
    std::string text = whole;
    for (std::size_t changes = 1 + random() % 6; changes > 0; --changes)
      text[random() % text.size()] = static_cast<char>(random());
    if (text == whole) continue;
    const OutboxContent content = read_outbox(text);
    // The checksum catches every change: what is there is what was written.
    for (const Delivery& each : content.waiting) {
      REQUIRE(whole.find("\"" + each.id + "\"") != std::string::npos);
      REQUIRE(each == delivery(each.id.back() - '0'));
    }
    REQUIRE(content.lines_damaged + (content.bytes_torn > 0 ? 1 : 0) > 0);
  }
}

}  // namespace
}  // namespace lockstep::engine::alerts
