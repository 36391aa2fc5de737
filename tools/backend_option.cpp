#include "tools/backend_option.hpp"

#include <algorithm>

#include "tools/csv/errors.hpp"

namespace lockstep::tools {

std::optional<Backend> settle_backend(const std::string& name, std::span<const std::string_view> others) {
  if (std::find(others.begin(), others.end(), name) != others.end()) return std::nullopt;
  const auto available = available_backends();
  const auto backend = parse_backend(name);
  if (backend && std::find(available.begin(), available.end(), *backend) != available.end()) return backend;
  std::string there;
  const auto list = [&](std::string_view one) { there += (there.empty() ? "" : ", ") + std::string(one); };
  for (const std::string_view other : others) list(other);
  for (const Backend one : available) list(to_string(one));
  throw CommandError(kExitUsage, "--backend " + name + ": " +
                                     (backend ? why_not(*backend).value_or("") : "there is no such backend") +
                                     "; there are: " + there);
}

}  // namespace lockstep::tools
