// N13: the chain and the host name are checked, on the stream and on REST alike.
#include <openssl/ssl.h>

#include "feeds/net/tls.hpp"
#include "tests/feeds/feed_harness.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::test {

using core::EventKind;

TEST_CASE("N13: a feed over TLS works with the right authority", "[feeds][tls][fault][N13]") {
  const std::string host = GENERATE("localhost", "127.0.0.1");
  CAPTURE(host);
  const TestCertificates certificates = make_certificates(host);
  const TemporaryFile authority(certificates.authority_pem);
  MockVenue venue(&certificates);
  FeedHarness harness(venue);
  harness.config.ws_url = venue.ws_url(host);
  harness.config.rest_url = venue.rest_url(host);
  harness.config.ca_file = authority.path();
  harness.start();
  REQUIRE(harness.wait_for(EventKind::stream_up));
  venue.send(kline_frame("BTCUSDT", kStartMs, "42000.5", false));
  REQUIRE(harness.wait_for(EventKind::bar));
  venue.cut();
  REQUIRE(harness.wait_for(EventKind::stream_up, 2));
}

TEST_CASE("N13: an unknown authority is refused, on REST and on the stream", "[feeds][tls][fault][N13]") {
  const TestCertificates certificates = make_certificates("127.0.0.1");
  const TestCertificates others = make_certificates("127.0.0.1");
  const TemporaryFile wrong(others.authority_pem);
  MockVenue tls_venue(&certificates);
  MockVenue plain_venue;
  FeedHarness harness(plain_venue);
  const bool has_wrong_authority = GENERATE(false, true);
  if (has_wrong_authority) harness.config.ca_file = wrong.path();
  SECTION("REST") {
    harness.config.rest_url = tls_venue.rest_url();
  }
  SECTION("stream") {
    harness.config.ws_url = tls_venue.ws_url();
  }
  harness.start();
  REQUIRE(harness.wait([&] { return !harness.feed->health().last_error.empty(); }));
  CHECK_THAT(harness.feed->health().last_error, Catch::Contains("certificate refused"));
  CHECK(tls_venue.upgrades() == 0);
  CHECK(tls_venue.targets().empty());
}

TEST_CASE("N13: a certificate for another host is refused", "[feeds][tls][fault][N13]") {
  const std::string host = GENERATE("example.test", "127.0.0.2");
  const TestCertificates certificates = make_certificates(host);
  const TemporaryFile authority(certificates.authority_pem);
  MockVenue tls_venue(&certificates);
  MockVenue plain_venue;
  FeedHarness harness(plain_venue);
  harness.config.ws_url = tls_venue.ws_url();
  harness.config.ca_file = authority.path();
  harness.start();
  REQUIRE(harness.wait([&] { return !harness.feed->health().last_error.empty(); }));
  CHECK_THAT(harness.feed->health().last_error, Catch::Contains("certificate refused"));
  CHECK(tls_venue.upgrades() == 0);
}

TEST_CASE("N13: nothing below TLS 1.2 is spoken, and peers are verified", "[feeds][tls][fault][N13]") {
  const auto context = feeds::net::make_tls_context("");
  CHECK(SSL_CTX_get_min_proto_version(context->native_handle()) == TLS1_2_VERSION);
  CHECK(SSL_CTX_get_verify_mode(context->native_handle()) == SSL_VERIFY_PEER);
}

TEST_CASE("N6: a venue that speaks no TLS is given up with an error", "[feeds][tls][fault][N6]") {
  MockVenue venue;
  FeedHarness harness(venue);
  harness.config.ws_url = "wss://127.0.0.1:" + std::to_string(venue.port());
  harness.start();
  REQUIRE(harness.wait([&] { return !harness.feed->health().last_error.empty(); }));
  CHECK_THAT(harness.feed->health().last_error, Catch::Contains("TLS"));
}

}  // namespace lockstep::test
