// The bodies of the HTTP answers.
#pragma once

#include <string>
#include <string_view>

#include "engine/api/series_filter.hpp"
#include "engine/api/server_state.hpp"

namespace lockstep::engine {

/// An HTTP answer before it is one.
struct Answer {
  unsigned status = 200;
  std::string body;
  std::string_view content_type = "application/json";  ///< of static storage
};

/// {"error":{"code":...,"message":...}}
Answer error_answer(const ApiError& error);

Answer healthz_answer();
/// 200 when every series that is not rejected is live, else 503 with what is not.
Answer readyz_answer(const ServerState& state);
/// What Prometheus reads.
Answer metrics_answer(const ServerState& state);
Answer status_answer(const ServerState& state);
/// The list of /v1/signals. Errors: unknown names, unknown parameters, numbers that are none.
Answer signals_answer(const ServerState& state, const std::vector<Parameter>& query);
/// The lists of /v1/symbols and /v1/digests, with the same parameters.
Answer symbols_answer(const ServerState& state, const std::vector<Parameter>& query);
Answer digests_answer(const ServerState& state, const std::vector<Parameter>& query);
/// What is in force, without the token.
Answer config_answer(const ServerState& state);
Answer signal_answer(const ServerState& state, core::SeriesId series);
/// The same with the weight table; `answer` is null when the shard did not answer in time.
Answer detail_answer(const ServerState& state, core::SeriesId series, const DetailAnswer* answer);

}  // namespace lockstep::engine
