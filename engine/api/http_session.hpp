// One HTTP connection: request, answer, request, answer.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>

#include "engine/api/answers.hpp"
#include "engine/api/server_state.hpp"
#include "engine/api/stream_session.hpp"

namespace lockstep::engine {

/// Reads the next request only when the answer to the one before is written: pipelined requests wait their
/// turn, and a connection never holds more than one answer. An upgrade hands the socket to a StreamSession.
class HttpSession final : public Connection, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(std::shared_ptr<ServerState> state, boost::asio::ip::tcp::socket socket);

  void start() { read_header(); }
  void stop() override;
  void cut() override;
  void tick(std::int64_t) override {}  // the stream has its deadlines
  const boost::asio::ip::address& peer() const override { return peer_; }

 private:
  using ErrorCode = boost::beast::error_code;
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  void await_request();
  void read_header();
  void on_header(ErrorCode error);
  void read_body();
  void on_body(ErrorCode error);
  void refuse_unreadable(ErrorCode error);
  void handle();
  void handle(const Target& target);
  void handle_series(const Target& target);
  /// Answers 404 itself when parts 2 to 4 of the path name no series.
  std::optional<core::SeriesId> find_series(const Target& target);

  // http_reads.cpp
  bool handle_read(const Target& target);
  void handle_history(const Target& target, bool wants_outputs);
  void handle_snapshot();
  void handle_audit();
  bool handle_series_change(const std::string& verb);

  // http_page.cpp
  bool handle_page(const Target& target);
  void reply_file(const StaticFile& file);
  bool is_preflight() const;
  void reply_preflight();
  void add_origin(boost::beast::http::fields& response) const;

  void ask_detail(core::SeriesId series);
  void upgrade(const Target& target);
  void refuse(const ApiError& error);
  void reply(Answer answer);
  template <class Body>
  void write(boost::beast::http::response<Body> response);
  void on_written(ErrorCode error, bool keeps_alive);
  void linger();
  bool is_head() const { return request().method() == boost::beast::http::verb::head; }
  const Request& request() const { return parser_->get(); }

  std::shared_ptr<ServerState> state_;
  boost::beast::tcp_stream stream_;
  boost::asio::ip::address peer_;
  Registration<Connection> registration_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  bool is_between_requests_ = true;  // nothing of a request has been answered or is being worked on
  bool must_close_ = false;          // the rest of what the client sends cannot be read
  std::size_t lingered_bytes_ = 0;
};

}  // namespace lockstep::engine
