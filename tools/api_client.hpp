// One request after the other to a daemon's API on this machine.
#pragma once

#include <chrono>
#include <string>

#include "engine/config.hpp"

namespace lockstep::tools {

/// Finds the daemon by the configuration that it runs with: [api] bind, port and token.
class ApiClient {
 public:
  struct Answer {
    int status = 0;     ///< of HTTP; 0: there was no answer
    std::string body;   ///< as it came
    std::string error;  ///< why there was none
  };

  explicit ApiClient(const engine::ApiConfig& config);

  Answer get(const std::string& target) { return ask("GET", target); }
  /// With an empty JSON object.
  Answer post(const std::string& target) { return ask("POST", target); }
  /// http://HOST:PORT
  std::string address() const { return "http://" + authority(); }

 private:
  Answer ask(const char* method, const std::string& target);
  std::string authority() const;

  std::string host_, port_, token_;
};

}  // namespace lockstep::tools
