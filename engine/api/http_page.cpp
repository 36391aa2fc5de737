// HttpSession: the page for browsers, and what browsers ask about other origins.
#include <algorithm>

#include "engine/api/http_session.hpp"

namespace lockstep::engine {
namespace {

namespace http = boost::beast::http;

/// Scripts, styles and connections of this server alone; nothing inline, nothing framed.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr std::string_view kNoPage =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>lockstep</title><h1>lockstep</h1>"
    "<p>This program was built without the dashboard: Node.js or npm was missing, or its packages could not "
    "be "
    "fetched. Install nodejs and npm and build again.</p>"
    "<p>The API works all the same: <a href=\"/v1/status\">/v1/status</a>, <a "
    "href=\"/v1/signals\">/v1/signals</a>."
    "</p></html>\n";
constexpr StaticFile kNoPageFile{"/", "text/html; charset=utf-8", "\"none\"", kNoPage, {}};

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

bool takes_gzip(std::string_view accepted) {
  const std::size_t at = accepted.find("gzip");
  return at != std::string_view::npos && !accepted.substr(at).starts_with("gzip;q=0,") &&
         accepted.substr(at) != "gzip;q=0";
}

}  // namespace

bool HttpSession::handle_page(const Target& target) {
  std::string path;
  for (const std::string& part : target.parts) path.append("/").append(part);
  if (path.empty()) path = "/";
  const auto& page = state_->hooks.page;
  const auto found =
      std::find_if(page.begin(), page.end(), [&](const StaticFile& file) { return file.path == path; });
  if (found == page.end() && path != "/") return false;
  reply_file(found == page.end() ? kNoPageFile : *found);
  return true;
}

void HttpSession::reply_file(const StaticFile& file) {
  const bool is_known = view(request()[http::field::if_none_match]).find(file.etag) != std::string_view::npos;
  http::response<http::string_body> response(is_known ? http::status::not_modified : http::status::ok,
                                             request().version());
  response.set(http::field::etag, std::string(file.etag));
  response.set(http::field::cache_control, "no-cache");
  response.set(http::field::vary, "Accept-Encoding");
  response.set("Content-Security-Policy", kContentSecurityPolicy);
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  response.set("Cross-Origin-Opener-Policy", "same-origin");
  response.keep_alive(!must_close_ && !state_->is_stopping && request().keep_alive());
  if (!is_known) {
    const bool is_packed = !file.gzip.empty() && takes_gzip(view(request()[http::field::accept_encoding]));
    const std::string_view content = is_packed ? file.gzip : file.plain;
    response.set(http::field::content_type, std::string(file.type));
    if (is_packed) response.set(http::field::content_encoding, "gzip");
    response.content_length(content.size());
    if (!is_head()) response.body().assign(content);
  }
  if (is_head() || is_known) return write(http::response<http::empty_body>(std::move(response.base())));
  write(std::move(response));
}

bool HttpSession::is_preflight() const {
  return request().method() == http::verb::options &&
         state_->access.is_listed(view(request()[http::field::origin])) &&
         state_->access.is_host_allowed(view(request()[http::field::host]));
}

void HttpSession::reply_preflight() {
  must_close_ = !parser_->is_done();
  http::response<http::empty_body> response(http::status::no_content, request().version());
  add_origin(response);
  response.set("Access-Control-Allow-Methods", "GET, HEAD");
  response.set("Access-Control-Allow-Headers", "Authorization");
  response.set("Access-Control-Max-Age", "600");
  response.keep_alive(!must_close_ && request().keep_alive());
  write(std::move(response));
}

void HttpSession::add_origin(http::fields& response) const {
  if (!parser_ || !parser_->is_header_done()) return;
  const std::string_view origin = view(request()[http::field::origin]);
  if (!state_->access.is_listed(origin)) return;
  response.set("Access-Control-Allow-Origin", std::string(origin));
  response.set(http::field::vary, "Origin");
}

}  // namespace lockstep::engine
