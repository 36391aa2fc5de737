// Stands for the feed where events are made by hand.
#pragma once

#include <cstdint>

#include "feeds/feed.hpp"

namespace lockstep::bench {

/// Keeps the number of the last request for history.
class RequestDesk final : public feeds::Feed {
 public:
  void start() override {}
  void stop() override {}
  void request_backfill(const core::BackfillRequest& request) override { request_id = request.request_id; }
  feeds::FeedHealth health() const override { return {}; }

  std::uint32_t request_id = 0;
};

}  // namespace lockstep::bench
