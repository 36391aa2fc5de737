// Shell completion and the manual page, made from the command line's own description: they cannot miss an
// option.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace lockstep::tools {

std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);
/// Section 1, for man(1).
std::string manual_page(const CLI::App& app, const std::string& version);

/// `lockstep completion bash|zsh|fish` and `lockstep man`. After all other sub-commands.
void add_text_commands(CLI::App& app, std::function<int()>& run);

}  // namespace lockstep::tools
