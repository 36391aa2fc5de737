#include "tools/log_setup.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

#include "engine/api/json_writer.hpp"

namespace lockstep::tools {
namespace {

/// Shorter ones would blot out words that are none.
constexpr std::size_t kSecretBytesMin = 6;

using Secrets = std::vector<std::string>;

Secrets secrets_of(const engine::Config& config) {
  Secrets secrets{config.api.token};
  for (const engine::AlertTarget& target : config.alerts.targets) {
    secrets.push_back(target.secret);
    const std::size_t host = target.url.find("://");
    const std::size_t path = host == std::string::npos ? host : target.url.find_first_of("/?", host + 3);
    if (path != std::string::npos) secrets.push_back(target.url.substr(path));
  }
  std::erase_if(secrets, [](const std::string& secret) { return secret.size() < kSecretBytesMin; });
  return secrets;
}

std::string redacted(std::string_view text, const Secrets& secrets) {
  std::string out(text);
  for (const std::string& secret : secrets) {
    for (std::size_t at = out.find(secret); at != std::string::npos; at = out.find(secret, at + 3))
      out.replace(at, secret.size(), "***");
  }
  return out;
}

class TextFormatter final : public spdlog::formatter {
 public:
  explicit TextFormatter(Secrets secrets) : secrets_(std::move(secrets)) {}
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    spdlog::details::log_msg copy = message;
    const std::string text = redacted({message.payload.data(), message.payload.size()}, secrets_);
    copy.payload = text;
    pattern_.format(copy, out);
    // Where the pattern put colours.
    message.color_range_start = copy.color_range_start;
    message.color_range_end = copy.color_range_end;
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<TextFormatter>(secrets_);
  }

 private:
  Secrets secrets_;
  spdlog::pattern_formatter pattern_{"[%Y-%m-%d %H:%M:%S.%e] [%^%l%$] %v"};
};

class JsonFormatter final : public spdlog::formatter {
 public:
  explicit JsonFormatter(Secrets secrets) : secrets_(std::move(secrets)) {}
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    using std::chrono::milliseconds;
    const auto ms = std::chrono::duration_cast<milliseconds>(message.time.time_since_epoch()).count();
    std::string line;
    engine::JsonWriter json(line);
    json.begin_object();
    json.field("ts", fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03d}Z",
                                 fmt::gmtime(static_cast<std::time_t>(ms / 1'000)), ms % 1'000));
    const auto level = spdlog::level::to_string_view(message.level);
    json.field("level", std::string_view(level.data(), level.size()));
    json.field("thread", message.thread_id);
    json.field("message", redacted({message.payload.data(), message.payload.size()}, secrets_)).end_object();
    line += '\n';
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>(secrets_);
  }

 private:
  Secrets secrets_;
};

spdlog::sink_ptr make_sink(const engine::EngineConfig& engine, const std::string& file) {
  if (file.empty()) return std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  const std::filesystem::path path = file;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
      file, static_cast<std::size_t>(engine.log_mb_max) << 20, static_cast<std::size_t>(engine.log_files));
}

/// The one sink of the process's logger; those behind it change.
std::shared_ptr<spdlog::sinks::dist_sink_mt> outer_sink() {
  static const auto sink = [] {
    auto outer = std::make_shared<spdlog::sinks::dist_sink_mt>();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("lockstep", outer));
    spdlog::default_logger()->flush_on(spdlog::level::info);
    return outer;
  }();
  return sink;
}

}  // namespace

void set_up_log(const engine::Config& config, const std::string& file) {
  const std::string& given = config.engine.log_file;
  const spdlog::sink_ptr sink = make_sink(config.engine, given.empty() ? file : given);
  const Secrets secrets = secrets_of(config);
  if (config.engine.is_log_json) {
    sink->set_formatter(std::make_unique<JsonFormatter>(secrets));
  } else {
    sink->set_formatter(std::make_unique<TextFormatter>(secrets));
  }
  outer_sink()->set_sinks({sink});
  spdlog::default_logger()->set_level(spdlog::level::from_str(config.engine.log_level));
}

}  // namespace lockstep::tools
