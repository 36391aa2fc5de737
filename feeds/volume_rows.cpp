#include "feeds/volume_rows.hpp"

#include <charconv>
#include <cmath>

namespace lockstep::feeds::json {

double volume_of(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end && std::isfinite(number) && number > 0 ? number : 0;
}

ParseResult read_volume_row(Value& value, const VolumeKeys& keys, const RestSource::VisitVolume& visit) {
  Object row;
  if (value.get_object().get(row) != simdjson::SUCCESS) return wrong_shape("a row of volumes is an object");
  std::string_view symbol, amount, price = "1";
  const ParseResult result = for_each_field(row, [&](std::string_view key, Value& field) -> ParseResult {
    if (key == keys.symbol && !read_string(field, symbol)) return wrong_type("symbol of a volume");
    if (key == keys.amount && !read_text(field, amount)) amount = {};
    if (!keys.price.empty() && key == keys.price && !read_text(field, price)) price = {};
    return kOk;
  });
  if (result.is_ok() && !symbol.empty()) visit(symbol, volume_of(amount) * volume_of(price));
  return result;
}

}  // namespace lockstep::feeds::json
