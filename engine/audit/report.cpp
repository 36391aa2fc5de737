#include "engine/audit/report.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace lockstep::engine::audit {
namespace {

constexpr std::size_t kFilesMax = 400;

/// Also lets the numbers grow within one millisecond. Names sort by time.
std::vector<std::string> names_in(journal::Storage& storage, const std::string& folder) {
  std::vector<journal::FileInfo> files;
  std::vector<std::string> names;
  if (storage.list(folder, files) != 0) return names;
  for (const auto& file : files) names.push_back(file.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string report_folder(const std::string& data_dir) {
  return data_dir + "/audit";
}

std::string write_report(journal::Storage& storage, const std::string& data_dir, const Difference& difference,
                         std::int64_t wall_ms) {
  const std::string folder = report_folder(data_dir);
  int error = storage.make_folder(folder);
  const std::vector<std::string> there = names_in(storage, folder);
  std::string name;
  for (int number = 1; name.empty(); ++number) {
    const std::string wanted = fmt::format("{:013}-{:03}", wall_ms, number);
    if (std::find(there.begin(), there.end(), wanted + ".json") == there.end()) name = wanted;
  }
  const auto write = [&](const std::string& ending, const std::string& text) {
    if (error == 0)
      error = journal::write_whole(storage, folder, name + ending, std::as_bytes(std::span(text)));
  };
  write(".txt", to_text(difference));
  write(".json", to_json(difference) + "\n");
  if (error != 0) {
    spdlog::error("audit: {}", journal::io_text("write the report in", folder, error));
    return "";
  }
  for (std::size_t i = 0; i + kFilesMax < there.size(); ++i) storage.remove(folder + "/" + there[i]);
  return folder + "/" + name + ".json";
}

}  // namespace lockstep::engine::audit
