#include "tools/reload.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <exception>

#include "engine/config_changes.hpp"
#include "tools/core_dumps.hpp"
#include "tools/log_setup.hpp"

namespace lockstep::tools {
namespace {

std::string list_text(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : ", ") + key;
  return text.empty() ? "nothing" : text;
}

}  // namespace

void Reload::run() {
  manager_.reloading();
  try {
    set_up_log(config_, log_file_);
    if (file_.empty()) {
      spdlog::info("reload: there is no configuration file; the log is opened anew");
    } else {
      take_file();
    }
  } catch (const std::exception& error) {
    spdlog::error("reload: {}; the configuration in force stays", error.what());
  }
  manager_.ready();
}

void Reload::take_file() {
  engine::Config next = engine::load_config(file_);
  // As run_command sets them: the demo's exchange is not in the file.
  next.engine.data_dir_given = true;
  if (config_.feed_places.empty()) {
    next.feeds = config_.feeds;
    next.engine.data_dir = config_.engine.data_dir;
  }
  keep_out_of_core_dumps(next);
  const engine::ConfigChanges changes = engine::compare_configs(config_, next);
  engine::Config live = config_;
  engine::take_live_part(live, next);
  daemon_.use(live);
  config_ = live;
  set_up_log(config_, log_file_);
  spdlog::info("reload: {} is read; changed at once: {}", file_, list_text(changes.live));
  if (!changes.restart.empty()) {
    spdlog::warn(
        "reload: {} changed, too, but counts only from the next start on: restart to bring it in force",
        list_text(changes.restart));
  }
}

}  // namespace lockstep::tools
