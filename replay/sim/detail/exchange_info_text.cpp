// exchangeInfo: the part of VenueText that describes symbols.
#include "replay/sim/detail/venue_text.hpp"

namespace lockstep::sim {
namespace {

constexpr std::int64_t kPriceTicksMax = 100'000'000;
constexpr std::int64_t kLotsMax = 900'000'000;

constexpr const char* kSpotHead =
    R"(,"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000},)"
    R"({"rateLimitType":"RAW_REQUESTS","interval":"MINUTE","intervalNum":5,"limit":61000}],)"
    R"("exchangeFilters":[],"symbols":[)";

constexpr const char* kUsdmHead =
    R"(,"futuresType":"U_MARGINED",)"
    R"("rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":2400}],)"
    R"("exchangeFilters":[],"assets":[{"asset":"USDT","marginAvailable":true,"autoAssetExchange":"-10000"}],"symbols":[)";

}  // namespace

std::string VenueText::exchange_info(const MarketModel& model, const std::vector<int>& symbols,
                                     std::int64_t now_ms) const {
  std::string out = R"({"timezone":"UTC","serverTime":)";
  out.reserve(1024 + symbols.size() * 1400);
  append_integer(out, now_ms);
  out += dialect_ == Dialect::binance_spot ? kSpotHead : kUsdmHead;
  for (const int symbol : symbols) {
    if (out.back() != '[') out += ',';
    append_symbol(out, model.spec(symbol));
  }
  return out += "]}";
}

void VenueText::append_symbol(std::string& out, const SymbolSpec& spec) const {
  const auto text = [&](const char* before, const std::string& value) { out.append(before).append(value); };
  text(R"({"symbol":")", spec.name);
  if (dialect_ == Dialect::binance_spot) {
    text(R"(","status":"TRADING","baseAsset":")", spec.base_asset);
    text(R"(","baseAssetPrecision":8,"quoteAsset":")", spec.quote_asset);
    out +=
        R"(","quotePrecision":8,"quoteAssetPrecision":8,"baseCommissionPrecision":8,"quoteCommissionPrecision":8,)"
        R"("orderTypes":["LIMIT","LIMIT_MAKER","MARKET","STOP_LOSS_LIMIT","TAKE_PROFIT_LIMIT"],"icebergAllowed":true,)"
        R"("ocoAllowed":true,"quoteOrderQtyMarketAllowed":true,"isSpotTradingAllowed":true,)"
        R"("isMarginTradingAllowed":true,"filters":[)";
    append_filters(out, spec);
    out += R"(],"permissions":["SPOT","MARGIN"]})";
    return;
  }
  text(R"(","pair":")", spec.name);
  out +=
      R"(","contractType":"PERPETUAL","deliveryDate":4133404800000,"onboardDate":1569398400000,"status":"TRADING",)"
      R"("maintMarginPercent":"2.5000","requiredMarginPercent":"5.0000",)";
  text(R"("baseAsset":")", spec.base_asset);
  text(R"(","quoteAsset":")", spec.quote_asset);
  text(R"(","marginAsset":")", spec.quote_asset);
  out += R"(","pricePrecision":)";
  append_integer(out, spec.price_decimals);
  out += R"(,"quantityPrecision":)";
  append_integer(out, spec.quantity_decimals);
  out +=
      R"(,"baseAssetPrecision":8,"quotePrecision":8,"underlyingType":"COIN","underlyingSubType":[],"settlePlan":0,)"
      R"("triggerProtect":"0.0500","liquidationFee":"0.012000","marketTakeBound":"0.30","filters":[)";
  append_filters(out, spec);
  out += R"(],"orderTypes":["LIMIT","MARKET","STOP","STOP_MARKET","TAKE_PROFIT","TAKE_PROFIT_MARKET",)"
         R"("TRAILING_STOP_MARKET"],"timeInForce":["GTC","IOC","FOK","GTX"]})";
}

// Key order as recorded: filterType leads on spot and hides in the middle on USD-M.
void VenueText::append_filters(std::string& out, const SymbolSpec& spec) const {
  const auto price = [&](const char* before, std::int64_t ticks) {
    out += before, append_price(out, spec, ticks);
  };
  const auto lots = [&](const char* before, std::int64_t value) {
    out += before, append_quantity(out, spec, value);
  };
  if (dialect_ == Dialect::binance_spot) {
    price(R"({"filterType":"PRICE_FILTER","minPrice":")", 1);
    price(R"(","maxPrice":")", kPriceTicksMax);
    price(R"(","tickSize":")", 1);
    out += R"("},{"filterType":"PERCENT_PRICE","multiplierUp":"5","multiplierDown":"0.2","avgPriceMins":5},)";
    lots(R"({"filterType":"LOT_SIZE","minQty":")", 1);
    lots(R"(","maxQty":")", kLotsMax);
    lots(R"(","stepSize":")", 1);
    out +=
        R"("},{"filterType":"MIN_NOTIONAL","minNotional":"10.00000000","applyToMarket":true,"avgPriceMins":5},)"
        R"({"filterType":"ICEBERG_PARTS","limit":10},{"filterType":"MAX_NUM_ORDERS","maxNumOrders":200})";
    return;
  }
  price(R"({"minPrice":")", 1);
  price(R"(","maxPrice":")", kPriceTicksMax);
  price(R"(","filterType":"PRICE_FILTER","tickSize":")", 1);
  lots(R"("},{"stepSize":")", 1);
  lots(R"(","filterType":"LOT_SIZE","maxQty":")", kLotsMax);
  lots(R"(","minQty":")", 1);
  out +=
      R"("},{"limit":200,"filterType":"MAX_NUM_ORDERS"},)"
      R"({"multiplierDown":"0.8500","multiplierUp":"1.1500","multiplierDecimal":"4","filterType":"PERCENT_PRICE"})";
}

}  // namespace lockstep::sim
