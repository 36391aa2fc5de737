// The body of a webhook, as the user wants it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/alerts/alert.hpp"

namespace lockstep::engine::alerts {

/// what() names the place in the template, what is there, and what would be right.
struct TemplateError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// JSON with {{field}} in it. A field stands for its value as JSON has it: texts escaped and without quotes,
/// so write "{{symbol}}"; numbers, booleans and null as they are, so write {{average}}.
class Template {
 public:
  static constexpr std::size_t kBytesMax = 16'384;

  /// Throws TemplateError for a field that is not known, braces that do not match, a text that is too long,
  /// and a template that does not make JSON of a sample.
  explicit Template(std::string_view text);
  std::string render(const Alert& alert) const;

 private:
  struct Part {
    std::string literal;  ///< before the field
    const Field* field;   ///< null: the end
  };
  std::vector<Part> parts_;
};

}  // namespace lockstep::engine::alerts
