#include "feeds/json_fields.hpp"

namespace lockstep::feeds {

std::string ParseResult::text() const {
  switch (status) {
    case ParseStatus::ok:
      return "ok";
    case ParseStatus::not_json:
      return "not valid JSON";
    case ParseStatus::wrong_shape:
      return std::string("not the expected JSON: ") + field;
    case ParseStatus::wrong_type:
      return std::string("wrong type of field ") + field;
    case ParseStatus::missing_field:
      return std::string("missing field ") + field;
    case ParseStatus::duplicate_key:
      return std::string("duplicate field ") + field;
  }
  return "unknown status";
}

}  // namespace lockstep::feeds
