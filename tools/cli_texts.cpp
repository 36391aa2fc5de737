#include "tools/cli_texts.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <vector>

#include "tools/exit_code.hpp"

namespace lockstep::tools {
namespace {

struct OptionText {
  std::string name;  ///< --config, or -o where there is no long one
  std::string short_name;
  std::string description;
  std::string type;  ///< empty: a flag
};

/// One command with its sub-commands' names.
struct CommandText {
  std::string path;  ///< " alerts test"; empty: the program itself
  std::string description;
  std::vector<OptionText> options;
  std::vector<std::string> positionals;
  std::vector<std::pair<std::string, std::string>> commands;
};

std::string one_line(std::string text) {
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

OptionText option_text(const CLI::Option& option) {
  OptionText text;
  if (!option.get_lnames().empty()) text.name = "--" + option.get_lnames().front();
  if (!option.get_snames().empty()) text.short_name = "-" + option.get_snames().front();
  if (text.name.empty()) std::swap(text.name, text.short_name);
  text.description = one_line(option.get_description());
  if (option.get_items_expected_max() > 0) text.type = option.get_type_name();
  return text;
}

void collect(const CLI::App& app, const std::string& path, std::vector<CommandText>& out) {
  CommandText text;
  text.path = path;
  text.description = one_line(app.get_description());
  for (const CLI::Option* option : app.get_options(std::function<bool(const CLI::Option*)>())) {
    if (option->get_positional()) text.positionals.push_back(option->get_name(true));
    const bool is_named = !option->get_lnames().empty() || !option->get_snames().empty();
    if (is_named) text.options.push_back(option_text(*option));
  }
  const auto commands = app.get_subcommands(std::function<bool(const CLI::App*)>());
  for (const CLI::App* command : commands)
    text.commands.emplace_back(command->get_name(), one_line(command->get_description()));
  out.push_back(std::move(text));
  for (const CLI::App* command : commands) collect(*command, path + " " + command->get_name(), out);
}

std::vector<CommandText> commands_of(const CLI::App& app) {
  std::vector<CommandText> out;
  collect(app, "", out);
  return out;
}

/// In single quotes, for a shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// Lines of a case statement that follow the words of the command line down to the sub-command.
std::string path_cases(const std::vector<CommandText>& commands) {
  std::string out;
  for (const CommandText& command : commands) {
    if (!command.path.empty())
      out += "      " + quoted(command.path) + ") place=" + quoted(command.path) + " ;;\n";
  }
  return out;
}

/// For man: a backslash, a hyphen that is one, and what would begin a request.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && out.empty()) {
      out += std::string("\\&") + c;
    } else {
      out += c;
    }
  }
  return out;
}

/// ":{auto,scalar}" as " ({auto, scalar})".
std::string range_text(const std::string& type) {
  if (type.empty()) return "";
  std::string out = " (";
  for (const char c : type.substr(1)) out.append(1, c).append(c == ',' ? " " : "");
  return roff(out + ")");
}

void append_options(std::string& out, const CommandText& command) {
  for (const OptionText& option : command.options) {
    out += ".TP\n\\fB" + roff(option.name) + "\\fR";
    if (!option.short_name.empty()) out += ", \\fB" + roff(option.short_name) + "\\fR";
    // "INT:INT in [1 - 64]": the name here, the range behind the description, where lines can be broken.
    const std::size_t colon = std::min(option.type.find(':'), option.type.size());
    if (!option.type.empty()) out.append(" \\fI").append(roff(option.type.substr(0, colon))).append("\\fR");
    out.append("\n")
        .append(roff(option.description))
        .append(range_text(option.type.substr(colon)))
        .append("\n");
  }
}

int print(const CLI::App& app, const std::string& what) {
  if (what == "bash") std::cout << bash_completion(app);
  if (what == "zsh") std::cout << zsh_completion(app);
  if (what == "fish") std::cout << fish_completion(app);
  if (what == "man") std::cout << manual_page(app, LOCKSTEP_VERSION);
  return kExitFine;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const auto commands = commands_of(app);
  std::string out =
      "# bash completion for lockstep; made by `lockstep completion bash`\n"
      "_lockstep() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} place='' words='' word\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$place $word\" in\n" +
      path_cases(commands) +
      "    esac\n"
      "  done\n"
      "  case \"$place\" in\n";
  for (const CommandText& command : commands) {
    out += "    " + quoted(command.path) + ") words='";
    for (const auto& [name, description] : command.commands) out += name + " ";
    for (const OptionText& option : command.options) out += option.name + " ";
    out.back() = '\'';
    out += " ;;\n";
  }
  return out +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$current\"))\n"
         "}\n"
         "complete -o filenames -F _lockstep lockstep\n";
}

std::string zsh_completion(const CLI::App& app) {
  const auto commands = commands_of(app);
  std::string out =
      "#compdef lockstep\n"
      "# zsh completion for lockstep; made by `lockstep completion zsh`\n"
      "_lockstep() {\n"
      "  local place='' word\n"
      "  local -a here\n"
      "  for word in ${words[2,CURRENT-1]}; do\n"
      "    case \"$place $word\" in\n" +
      path_cases(commands) +
      "    esac\n"
      "  done\n"
      "  case \"$place\" in\n";
  for (const CommandText& command : commands) {
    out += "    " + quoted(command.path) + ") here=(";
    // A colon parts the word from its description.
    for (const auto& [name, description] : command.commands) out += quoted(name + ":" + description) + " ";
    for (const OptionText& option : command.options)
      out += quoted(option.name + ":" + option.description) + " ";
    out += ") ;;\n";
  }
  return out +
         "  esac\n"
         "  _describe 'lockstep' here || _files\n"
         "}\n"
         "_lockstep \"$@\"\n";
}

std::string fish_completion(const CLI::App& app) {
  std::string out = "# fish completion for lockstep; made by `lockstep completion fish`\n";
  for (const CommandText& command : commands_of(app)) {
    const bool is_top = command.path.empty();
    const std::string condition =
        is_top ? "__fish_use_subcommand"
               : "__fish_seen_subcommand_from" + command.path.substr(command.path.rfind(' '));
    for (const auto& [name, description] : command.commands) {
      out += "complete -c lockstep -f -n " + quoted(condition) + " -a " + name + " -d " +
             quoted(description) + "\n";
    }
    for (const OptionText& option : command.options) {
      const bool is_long = option.name.starts_with("--");
      out.append("complete -c lockstep -n ").append(quoted(condition)).append(is_long ? " -l " : " -s ");
      out.append(option.name.substr(is_long ? 2 : 1));
      if (!option.type.empty()) out += " -r";
      out += " -d " + quoted(option.description) + "\n";
    }
  }
  return out;
}

std::string manual_page(const CLI::App& app, const std::string& version) {
  const auto commands = commands_of(app);
  std::string out = ".TH LOCKSTEP 1 \"\" \"lockstep " + version +
                    "\" \"User Commands\"\n.ad l\n.nh\n.SH NAME\nlockstep \\- " +
                    roff(app.get_description()) +
                    "\n.SH SYNOPSIS\n.B lockstep\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH OPTIONS\n";
  append_options(out, commands.front());
  out += ".SH COMMANDS\n";
  for (std::size_t i = 1; i < commands.size(); ++i) {
    const CommandText& command = commands[i];
    out.append(".SS \"lockstep").append(roff(command.path));
    for (const std::string& positional : command.positionals) out += " " + roff(positional);
    out += "\"\n" + roff(command.description) + "\n";
    append_options(out, command);
  }
  return out +
         ".SH EXIT STATUS\n.TP\n0\nFine.\n.TP\n1\nA check failed.\n.TP\n2\nWrong usage or "
         "configuration.\n.TP\n3\n"
         "Bad input data.\n.TP\n4\nThe environment failed: port in use, disk full, file not readable.\n"
         ".SH SIGNALS\n.TP\nSIGTERM, SIGINT\n\\fBlockstep run\\fR stops: what is queued is applied and "
         "written, "
         "clients are told, and it ends within seconds. A second one ends it at "
         "once.\n.TP\nSIGHUP\n\\fBlockstep "
         "run\\fR reads its configuration again and opens its log anew; a wrong file changes nothing.\n"
         ".SH FILES\n.TP\n/etc/lockstep/lockstep.toml\nConfiguration of the "
         "service.\n.TP\n/var/lib/lockstep\n"
         "Journal, snapshots, and alerts that have not arrived.\n.SH SEE ALSO\nThe pages in "
         "/usr/share/doc/lockstep.\n";
}

void add_text_commands(CLI::App& app, std::function<int()>& run) {
  auto shell = std::make_shared<std::string>();
  CLI::App* completion = app.add_subcommand("completion", "Print the completion script of a shell");
  completion->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([shell, &app, &run] { run = [shell, &app] { return print(app, *shell); }; });
  CLI::App* man = app.add_subcommand("man", "Print the manual page, for man -l");
  man->callback([&app, &run] { run = [&app] { return print(app, "man"); }; });
}

}  // namespace lockstep::tools
