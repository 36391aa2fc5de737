#include "feeds/net/pause_file.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <system_error>

#include "feeds/net/log.hpp"

namespace lockstep::feeds::net {
namespace {

using std::chrono::seconds;

struct Pause {
  std::int64_t until_s = 0, since_s = 0;  // unix seconds
};
using Pauses = std::map<std::string, Pause>;  // by host

std::int64_t unix_seconds(PauseFile::WallClock::time_point time) {
  return std::chrono::duration_cast<seconds>(time.time_since_epoch()).count();
}

/// Those that still hold.
Pauses read_pauses(const std::filesystem::path& file, std::int64_t now_s) {
  Pauses pauses;
  std::ifstream in(file);
  std::string host;
  Pause pause;
  while (pauses.size() < PauseFile::kHostsMax && in >> host >> pause.until_s >> pause.since_s) {
    const bool is_possible = pause.since_s <= pause.until_s &&
                             pause.until_s - pause.since_s <= seconds(PauseFile::kPauseMax).count();
    if (pause.until_s > now_s && is_possible) pauses[host] = pause;
  }
  return pauses;
}

}  // namespace

seconds PauseFile::remaining(const std::string& host, WallClock::time_point now) const {
  const std::int64_t now_s = unix_seconds(now);
  const Pauses pauses = read_pauses(file_, now_s);
  const auto found = pauses.find(host);
  if (found == pauses.end()) return seconds(0);
  const Pause& pause = found->second;
  return seconds(std::min(pause.until_s - now_s, pause.until_s - pause.since_s));
}

void PauseFile::store(const std::string& host, WallClock::time_point until, WallClock::time_point now) const {
  const std::int64_t now_s = unix_seconds(now);
  Pauses pauses = read_pauses(file_, now_s);
  pauses[host] = {unix_seconds(until) + 1, now_s};  // a started second is a whole one
  const std::filesystem::path temporary = file_.string() + ".new";
  std::error_code error;
  if (file_.has_parent_path()) std::filesystem::create_directories(file_.parent_path(), error);
  {
    std::ofstream out(temporary, std::ios::trunc);
    for (const auto& [name, pause] : pauses)
      out << name << ' ' << pause.until_s << ' ' << pause.since_s << '\n';
    if (!out.flush()) error = std::make_error_code(std::errc::io_error);
  }
  using std::filesystem::perms;
  if (!error) std::filesystem::permissions(temporary, perms::owner_read | perms::owner_write, error);
  if (!error) std::filesystem::rename(temporary, file_, error);
  if (error) log()->warn("{}: a pause of {} cannot be kept: {}", file_.string(), host, error.message());
}

}  // namespace lockstep::feeds::net
