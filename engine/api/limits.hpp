// Every bound and deadline of the API server. The defaults are the documented ones; tests shorten them.
#pragma once

#include <chrono>
#include <cstddef>

namespace lockstep::engine {

/// Deadlines count from the moment that the wait begins (monotonic clock); sizes are bytes.
struct ApiLimits {
  std::chrono::milliseconds headers{
      5'000};                              ///< a request's first byte (or the connection) to its last header
  std::chrono::milliseconds body{10'000};  ///< a request's whole body
  std::chrono::milliseconds upgrade{5'000};  ///< the websocket handshake
  std::chrono::milliseconds idle{60'000};    ///< nothing from the client; websockets are pinged at half of it
  std::chrono::milliseconds write{30'000};   ///< one write that the client does not take
  std::chrono::milliseconds detail{1'000};   ///< the shard's answer to ?detail=1
  std::chrono::milliseconds history{30'000};    ///< a page of the past, which may come from the journal
  std::chrono::milliseconds change{20'000};     ///< series added: the venue's list has to be read
  std::chrono::milliseconds heartbeat{10'000};  ///< between heartbeats of a stream
  std::chrono::milliseconds closing{1'000};     ///< a closing handshake, and the whole of stop()
  std::size_t uri_bytes_max = 2'048;
  std::size_t header_bytes_max = 16'384;
  std::size_t body_bytes_max = 65'536;
  std::size_t frame_bytes_max = 65'536;  ///< one websocket message from a client
  std::size_t conflate_bytes =
      4'194'304;  ///< above it, waiting open bars of a series are replaced by newer ones
  std::size_t outgoing_bytes_max = 16'777'216;  ///< above it, the client is closed with 1013
  int messages_per_s_max = 20;                  ///< websocket messages and pings from one client
  std::size_t names_max = 1'000;                ///< symbols, or intervals, in one filter or subscription
  std::size_t page_max = 1'000;                 ///< series in one answer of /v1/signals
  std::size_t history_rows_max = 2'000;         ///< bars in one page of the past
  std::size_t resume_publications = 20'000;     ///< closed bars and states kept for streams that come back
  int clients_per_address_max = 0;  ///< 0: half of clients_max, so that one address cannot take them all
};

}  // namespace lockstep::engine
