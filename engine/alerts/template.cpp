#include "engine/alerts/template.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lockstep::engine::alerts {
namespace {

/// "line 2, character 5: "
std::string place_of(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return "line " + std::to_string(line) + ", character " + std::to_string(at - begin + 1) + ": ";
}

std::string shown(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 40)) out += c >= ' ' && c < 0x7f ? c : '?';
  return out;
}

const Field& find(std::string_view text, std::size_t at, std::string_view name) {
  const auto found =
      std::find_if(fields().begin(), fields().end(), [&](const Field& field) { return field.name == name; });
  if (found != fields().end()) return *found;
  std::string known;
  for (const Field& field : fields()) known.append(known.empty() ? "" : ", ").append(field.name);
  throw TemplateError(place_of(text, at) + "there is no field {{" + shown(name) + "}}; the fields are " +
                      known);
}

std::string_view trimmed(std::string_view name) {
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  return name;
}

void check_json(std::string_view text, const std::string& rendered) {
  if (nlohmann::json::accept(rendered)) return;
  throw TemplateError(place_of(text, 0) +
                      "with its fields filled in it is not JSON; texts need quotes (\"{{symbol}}\"), numbers "
                      "none ({{average}}). It became: " +
                      shown(rendered) + (rendered.size() > 40 ? "..." : ""));
}

}  // namespace

Template::Template(std::string_view text) {
  if (text.size() > kBytesMax)
    throw TemplateError("a template has at most " + std::to_string(kBytesMax) + " bytes");
  std::size_t at = 0;
  for (;;) {
    const std::size_t open = text.find("{{", at);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos)
      throw TemplateError(place_of(text, open) + "{{ without }}; in JSON write nested braces apart: { {");
    const std::string_view name = trimmed(text.substr(open + 2, close - open - 2));
    parts_.push_back({std::string(text.substr(at, open - at)), &find(text, open, name)});
    at = close + 2;
  }
  parts_.push_back({std::string(text.substr(at)), nullptr});
  check_json(text, render(sample_alert()));
  // Undefined numbers become null, empty texts stay texts: that must be JSON, too.
  check_json(text, render(Alert{}));
  Alert negative = sample_alert();
  negative.average = negative.level = -0.5;
  negative.direction = -1;
  check_json(text, render(negative));
}

std::string Template::render(const Alert& alert) const {
  std::string out;
  for (const Part& part : parts_) {
    out += part.literal;
    if (part.field != nullptr) part.field->append(out, alert);
  }
  return out;
}

}  // namespace lockstep::engine::alerts
