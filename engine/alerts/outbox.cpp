#include "engine/alerts/outbox.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <sstream>
#include <system_error>

#include "engine/core/defence.hpp"
#include "engine/journal/crc32c.hpp"

namespace lockstep::engine::alerts {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kCompactBytes = 4 << 20;
constexpr std::size_t kCrcCharacters = 8;

std::string key_of(std::string_view id, std::string_view target) {
  return std::string(id).append("\n").append(target);
}

std::string line_of(const std::string& json) {
  return fmt::format("{:08x} {}\n", journal::crc32c(std::as_bytes(std::span(json))), json);
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string put_json(const Delivery& delivery) {
  return dump({{"put",
                {{"id", delivery.id},
                 {"target", delivery.target},
                 {"ts_ms", delivery.ts_ms},
                 {"body", delivery.body}}}});
}

std::string mark_json(const char* kind, std::string_view key) {
  const std::size_t cut = key.find('\n');
  return dump({{kind, {{"id", key.substr(0, cut)}, {"target", key.substr(cut + 1)}}}});
}

/// The JSON text of a line; empty when its checksum is not right.
std::string_view checked(std::string_view line) {
  std::uint32_t crc = 0;
  if (line.size() <= kCrcCharacters || line[kCrcCharacters] != ' ') return {};
  const auto result = std::from_chars(line.data(), line.data() + kCrcCharacters, crc, 16);
  const std::string_view json = line.substr(kCrcCharacters + 1);
  const bool is_good =
      result.ec == std::errc() && result.ptr == line.data() + kCrcCharacters &&
      (journal::crc32c(std::as_bytes(std::span(json))) == crc || !LOCKSTEP_DEFENCE(outbox_checksum));
  return is_good ? json : std::string_view();
}

class Reader {
 public:
  /// False: not a line of an outbox.
  bool take(std::string_view line) {
    const Json json = Json::parse(checked(line), nullptr, false);
    if (!json.is_object() || json.size() != 1) return false;
    const std::string kind = json.begin().key();
    const Json& content = json.begin().value();
    const auto text = [&content](const char* name) -> const std::string* {
      const auto found = content.find(name);
      return found != content.end() ? found->template get_ptr<const std::string*>() : nullptr;
    };
    if (!content.is_object() || text("id") == nullptr || text("target") == nullptr) return false;
    const std::string key = key_of(*text("id"), *text("target"));
    if (kind == "done" || kind == "seen") {
      waiting_.erase(key);
      content_.seen.emplace_back(*text("id"), *text("target"));
      return true;
    }
    const auto ts = content.find("ts_ms");
    if (kind != "put" || text("body") == nullptr || ts == content.end() || !ts->is_number_integer())
      return false;
    // The same again does not lose its place.
    if (waiting_.try_emplace(key, order_.size()).second)
      order_.push_back({*text("id"), *text("target"), *text("body"), ts->get<std::int64_t>()});
    return true;
  }

  OutboxContent finish() {
    for (const Delivery& delivery : order_) {
      const auto found = waiting_.find(key_of(delivery.id, delivery.target));
      if (found != waiting_.end() && &order_[found->second] == &delivery)
        content_.waiting.push_back(delivery);
    }
    return std::move(content_);
  }
  OutboxContent& content() { return content_; }

 private:
  OutboxContent content_;
  std::vector<Delivery> order_;
  std::unordered_map<std::string, std::size_t> waiting_;  // key to its place in order_
};

int write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

[[noreturn]] void fail(const char* call, const std::string& path) {
  throw std::system_error(errno, std::generic_category(), std::string(call) + " " + path);
}

void sync_folder(const std::filesystem::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace

OutboxContent read_outbox(std::string_view bytes) {
  Reader reader;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      reader.content().bytes_torn = bytes.size();
      break;
    }
    if (!reader.take(bytes.substr(0, end))) ++reader.content().lines_damaged;
    bytes.remove_prefix(end + 1);
  }
  return reader.finish();
}

Outbox::Outbox(std::string path, std::size_t waiting_max)
    : path_(std::move(path)), waiting_max_(waiting_max) {
  if (path_.empty()) return;
  load();
  compact();
}

Outbox::~Outbox() {
  if (file_ >= 0) ::close(file_);
}

void Outbox::load() {
  std::ifstream in(path_, std::ios::binary);
  if (!in) return;
  std::ostringstream text;
  text << in.rdbuf();
  const OutboxContent content = read_outbox(text.view());
  if (content.lines_damaged > 0) {
    const std::string aside = path_ + ".damaged";
    std::error_code error;
    std::filesystem::copy_file(path_, aside, std::filesystem::copy_options::overwrite_existing, error);
    finding_ = fmt::format("{}: {} lines are damaged and what they held is unknown; the file is kept as {}",
                           path_, content.lines_damaged, aside);
  }
  for (const auto& [id, target] : content.seen) remember(key_of(id, target));
  for (const Delivery& delivery : content.waiting) hold(delivery);
}

void Outbox::remember(const std::string& key) {
  known_.insert(key);
  seen_.push_back(key);
  if (seen_.size() <= kSeenMax) return;
  known_.erase(seen_.front());
  seen_.pop_front();
}

void Outbox::hold(const Delivery& delivery) {
  known_.insert(key_of(delivery.id, delivery.target));
  waiting_.emplace(next_++, delivery);
}

/// A new file of what is still of use takes the place of the old one, all of it or nothing.
void Outbox::compact() {
  std::string text;
  for (const std::string& key : seen_) text += line_of(mark_json("seen", key));
  for (const auto& [number, delivery] : waiting_) text += line_of(put_json(delivery));
  const std::string next = path_ + ".next";
  const int file = ::open(next.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) fail("create", next);
  if (const int error = write_all(file, text); error != 0 || ::fsync(file) != 0) {
    if (error != 0) errno = error;
    ::close(file);
    fail("write", next);
  }
  if (::rename(next.c_str(), path_.c_str()) != 0) {
    ::close(file);
    fail("rename", next);
  }
  sync_folder(std::filesystem::path(path_).parent_path());
  if (file_ >= 0) ::close(file_);
  file_ = file;
  file_bytes_ = text.size();
}

void Outbox::append(const std::string& json) {
  if (path_.empty()) return;
  const std::string line = line_of(json);
  int error = write_all(file_, line);
  if (error == 0 && ::fdatasync(file_) != 0) error = errno;
  if (error != 0) {
    trouble_ = fmt::format("write {}: {}", path_, std::generic_category().message(error));
    // What went out in part would damage the next line. Should this fail as well, that line's checksum tells.
    if (::ftruncate(file_, static_cast<off_t>(file_bytes_)) != 0) trouble_ += " (and it cannot be cut back)";
    return;
  }
  trouble_.clear();
  file_bytes_ += line.size();
}

Outbox::Put Outbox::put(const Delivery& delivery) {
  if (known_.count(key_of(delivery.id, delivery.target)) > 0 && LOCKSTEP_DEFENCE(alert_once))
    return Put::known;
  if (waiting_.size() >= waiting_max_) return Put::full;
  append(put_json(delivery));
  hold(delivery);
  return Put::queued;
}

void Outbox::done(std::uint64_t number) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  const std::string key = key_of(found->second.id, found->second.target);
  append(mark_json("done", key));
  waiting_.erase(found);
  remember(key);
  if (path_.empty() || file_bytes_ < kCompactBytes + 256 * seen_.size()) return;
  try {
    compact();
  } catch (const std::system_error& error) {
    trouble_ = error.what();  // the file as it is goes on
  }
}

}  // namespace lockstep::engine::alerts
