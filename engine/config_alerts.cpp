#include "engine/config_alerts.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "engine/alerts/template.hpp"
#include "engine/config.hpp"
#include "engine/core/interval.hpp"
#include "engine/detail/config_alert_keys.hpp"
#include "engine/detail/toml_table.hpp"

namespace lockstep::engine {
namespace {

using alerts::Event;
using detail::ListedText;
using detail::TomlTable;

constexpr std::size_t kListMax = 1'000;
constexpr std::size_t kSecretBytesMin = 16;
constexpr std::array<Event, 10> kOn = {Event::long_signal, Event::short_signal, Event::stale,   Event::gap,
                                       Event::halted,      Event::rejected,     Event::retired, Event::live,
                                       Event::invalid,     Event::audit};

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

void read_name(TomlTable& table, std::string& name) {
  table.text("name", name);
  if (name.empty() || name.size() > 64 || !is_visible(name))
    table.fail("name", "must be 1 to 64 visible ASCII characters without blanks");
}

void read_secret(TomlTable& table, std::string& secret) {
  table.text("secret", secret);
  std::string file;
  table.text("secret_file", file);
  if (table.has("secret") && table.has("secret_file"))
    table.fail("secret_file", "is given beside secret; give one of them");
  if (!file.empty()) {
    std::ifstream in(file);
    if (!in || !std::getline(in, secret))
      table.fail("secret_file", "cannot be read; its first line is the key");
  }
  if (!secret.empty() && (secret.size() < kSecretBytesMin || secret.size() > 512)) {
    table.fail_secret(file.empty() ? "secret" : "secret_file",
                      "the key must have 16 to 512 characters; `openssl rand -hex 32` makes one");
  }
}

void read_webhook(TomlTable& table, AlertTarget& target) {
  table.text("webhook", target.url);
  if (!table.has("webhook")) return;
  target.kind = AlertTarget::Kind::webhook;
  const bool is_https = target.url.starts_with("https://");
  const std::size_t scheme = is_https ? 8 : target.url.starts_with("http://") ? 7 : 0;
  const bool has_host = scheme > 0 && target.url.size() > scheme && target.url[scheme] != '/';
  if (!has_host || target.url.size() > 2'048 || !is_visible(target.url) ||
      target.url.find_first_of("#@", scheme) != std::string::npos) {
    table.fail_secret("webhook", "must be https://HOST[:PORT]/PATH or http://..., without blanks, # or @");
  }
}

void read_command(TomlTable& table, AlertTarget& target) {
  const auto parts = table.texts("command");
  if (!parts) return;
  target.kind = AlertTarget::Kind::command;
  for (const ListedText& part : *parts) target.command.push_back(part.text);
  if (target.command.empty() || !target.command.front().starts_with('/')) {
    table.fail_secret(
        "command",
        "must be a list: the program's absolute path, then its arguments; there is no shell, so "
        "[\"/bin/sh\", \"-c\", \"...\"] where one is wanted");
  }
}

void read_template(TomlTable& table, std::string& text) {
  table.text("template", text);
  if (text.empty()) return;
  try {
    alerts::Template checked(text);
  } catch (const alerts::TemplateError& error) {
    table.fail("template", error.what());
  }
}

AlertTarget read_target(TomlTable& table) {
  AlertTarget target;
  read_name(table, target.name);
  read_webhook(table, target);
  read_command(table, target);
  bool is_log = false;
  table.boolean("log", is_log);
  const int kinds = (table.has("webhook") ? 1 : 0) + (table.has("command") ? 1 : 0) + (is_log ? 1 : 0);
  if (kinds != 1)
    table.fail("name", "a target has one of webhook = \"https://...\", command = [...], log = true");
  read_secret(table, target.secret);
  table.text("ca_file", target.ca_file);
  read_template(table, target.template_text);
  table.integer("timeout_s", 1, 300, target.timeout_s);
  const auto only_for = [&](const char* key, AlertTarget::Kind kind, const char* what) {
    if (table.has(key) && target.kind != kind) table.fail_secret(key, std::string("is only for ") + what);
  };
  for (const char* key : {"secret", "secret_file", "ca_file"})
    only_for(key, AlertTarget::Kind::webhook, "a webhook");
  if (table.has("template") && target.kind == AlertTarget::Kind::log)
    table.fail("template", "is only for a webhook or a command");
  return target;
}

std::vector<std::string> read_list(TomlTable& table, std::string_view key) {
  std::vector<std::string> out;
  const auto list = table.texts(key);
  if (!list) return out;
  for (const ListedText& each : *list) out.push_back(each.text);
  if (out.empty() || out.size() > kListMax)
    table.fail(key, "must name 1 to 1000, or be left away, which means all");
  return out;
}

void read_on(TomlTable& table, AlertRule& rule) {
  const auto names = table.texts("on");
  if (!names) return;
  for (const ListedText& name : *names) {
    const auto found = std::find_if(kOn.begin(), kOn.end(),
                                    [&](Event event) { return alerts::event_name(event) == name.text; });
    if (found == kOn.end()) {
      table.fail(
          "on", *name.node,
          "the events are long, short, stale, gap, halted, rejected, retired, live, invalid, audit; for a "
          "level give above or below");
    }
    rule.on.set(static_cast<std::size_t>(*found));
  }
}

void read_level(TomlTable& table, std::string_view key, std::optional<double>& level) {
  double value = 0;
  table.number(key, value);
  if (table.has(key)) level = value;
}

AlertRule read_rule(TomlTable& table) {
  AlertRule rule;
  read_name(table, rule.name);
  read_on(table, rule);
  read_level(table, "above", rule.above);
  read_level(table, "below", rule.below);
  if (rule.on.none() && !rule.above && !rule.below)
    table.fail("on", "a rule needs on = [\"long\", ...], above = LEVEL or below = LEVEL");
  rule.venues = read_list(table, "venues");
  rule.symbols = read_list(table, "symbols");
  rule.intervals = read_list(table, "intervals");
  for (const std::string& interval : rule.intervals) {
    if (!core::Interval::parse(interval))
      table.fail("intervals", "must be intervals such as \"1m\" or \"4h\"");
  }
  rule.targets = read_list(table, "targets");
  table.boolean("open_bars", rule.open_bars);
  table.integer("cooldown_s", 0, 604'800, rule.cooldown_s);
  return rule;
}

/// Nested tables refuse unknown keys themselves: they are known only here.
template <class Item, class Read>
void read_items(TomlTable& table, std::string_view key, std::vector<Item>& items, Read read) {
  const std::string title = "[[alerts." + std::string(key) + "]]";
  for (const toml::table* each : table.tables(key)) {
    TomlTable item(table.file(), title, each);
    items.push_back(read(item));
    item.refuse_unknown({});
    const auto is_same = [&](const Item& other) { return other.name == items.back().name; };
    if (std::count_if(items.begin(), items.end(), is_same) > 1)
      item.fail("name", "is there twice; every " + std::string(key) + " needs a name of its own");
  }
}

/// The keys that `read` asks for, of a table that says no more than it must.
template <class Read>
void add_keys(const std::string& name, std::string_view least, Read read, std::vector<std::string>& keys) {
  const toml::table content = toml::parse(least);
  TomlTable table("", "", &content);
  read(table);
  for (const std::string& key : table.known()) keys.push_back("alerts." + name + "." + key);
}

void check_targets(TomlTable& table, const AlertsConfig& alerts) {
  if (!alerts.rules.empty() && alerts.targets.empty())
    table.fail("rule", "a rule needs someone to tell: add an [[alerts.target]]");
  for (const AlertRule& rule : alerts.rules) {
    for (const std::string& name : rule.targets) {
      const auto is_it = [&](const AlertTarget& target) { return target.name == name; };
      if (std::none_of(alerts.targets.begin(), alerts.targets.end(), is_it)) {
        table.fail_secret("rule", detail::in_quotes(rule.name) + " has the target " +
                                      detail::in_quotes(name) +
                                      ", but there is no [[alerts.target]] of that name");
      }
    }
  }
}

std::string list_text(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + detail::in_quotes(text);
  return out + "]";
}

std::string without_path(const std::string& url) {
  const std::size_t host = url.find("://") + 3;
  return url.substr(0, url.find_first_of("/?", host)) + "/***";
}

void add_target(std::ostringstream& out, const AlertTarget& target) {
  out << "\n[[alerts.target]]\nname = " << detail::in_quotes(target.name) << '\n';
  if (target.kind == AlertTarget::Kind::webhook)
    out << "webhook = " << detail::in_quotes(without_path(target.url)) << '\n';
  if (target.kind == AlertTarget::Kind::command)
    out << "command = [" << detail::in_quotes(target.command.front()) << "]\n";
  if (target.kind == AlertTarget::Kind::log) out << "log = true\n";
  out << "timeout_s = " << target.timeout_s << '\n';
}

void add_rule(std::ostringstream& out, const AlertRule& rule) {
  out.precision(17);
  out << "\n[[alerts.rule]]\nname = " << detail::in_quotes(rule.name) << '\n';
  std::vector<std::string> on;
  for (const Event event : kOn) {
    if (rule.on.test(static_cast<std::size_t>(event))) on.emplace_back(alerts::event_name(event));
  }
  if (!on.empty()) out << "on = " << list_text(on) << '\n';
  if (rule.above) out << "above = " << *rule.above << '\n';
  if (rule.below) out << "below = " << *rule.below << '\n';
  if (!rule.venues.empty()) out << "venues = " << list_text(rule.venues) << '\n';
  if (!rule.symbols.empty()) out << "symbols = " << list_text(rule.symbols) << '\n';
  if (!rule.intervals.empty()) out << "intervals = " << list_text(rule.intervals) << '\n';
  if (!rule.targets.empty()) out << "targets = " << list_text(rule.targets) << '\n';
  out << "open_bars = " << (rule.open_bars ? "true" : "false") << "\ncooldown_s = " << rule.cooldown_s
      << '\n';
}

}  // namespace

void read_alerts(TomlTable& table, AlertsConfig& alerts) {
  table.integer("outbox_max", 1, 1'000'000, alerts.outbox_max);
  table.integer("give_up_h", 0, 8'760, alerts.give_up_h);
  table.integer("late_s", 0, 31'536'000, alerts.late_s);
  read_items(table, "target", alerts.targets, read_target);
  read_items(table, "rule", alerts.rules, read_rule);
  check_targets(table, alerts);
}

std::vector<std::string> detail::alert_item_keys() {
  std::vector<std::string> keys;
  add_keys("target", "name = \"any\"\nlog = true", read_target, keys);
  add_keys("rule", "name = \"any\"\nabove = 0", read_rule, keys);
  return keys;
}

std::string to_text(const AlertsConfig& alerts) {
  std::ostringstream out;
  out << "\n[alerts]\noutbox_max = " << alerts.outbox_max << "\ngive_up_h = " << alerts.give_up_h
      << "\nlate_s = " << alerts.late_s << '\n';
  for (const AlertTarget& target : alerts.targets) add_target(out, target);
  for (const AlertRule& rule : alerts.rules) add_rule(out, rule);
  return out.str();
}

}  // namespace lockstep::engine
