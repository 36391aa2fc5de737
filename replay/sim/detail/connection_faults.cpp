// The half of Connection that goes wrong.
#include <algorithm>

#include "replay/sim/detail/connection.hpp"
#include "replay/sim/detail/frame_faults.hpp"

namespace lockstep::sim {
namespace {

constexpr auto kNoticeTime = std::chrono::seconds(2);
constexpr std::size_t kHugeBytes = 64 << 20;
constexpr std::string_view kPage = "<!DOCTYPE html><html><body><h1>\x1b[31mPlease log in</h1></body></html>";

RestReply page(int status) {
  RestReply out;
  out.status = status;
  out.content_type = "text/html";
  out.body = kPage;
  return out;
}

RestReply held_back(int status, std::string_view message) {
  RestReply out = RestApi::error(-1003, message, status);
  out.retry_after_s = 1;
  return out;
}

}  // namespace

void Connection::faulty_reply(const Request& request, VenueFault fault) {
  context_.faults->gave(fault);
  RestReply proper = context_.rest.get({request.target().data(), request.target().size()});
  switch (fault) {
    case VenueFault::too_many:
      return reply(request, held_back(429, "Too many requests."));
    case VenueFault::banned:
      return reply(request, held_back(418, "Way too many requests; IP banned."));
    case VenueFault::forbidden:
      return reply(request, held_back(403, "access too frequent"));
    case VenueFault::maintenance:
      return reply(request, page(503));
    case VenueFault::page_for_json:
      return reply(request, page(200));
    case VenueFault::no_json:
      proper.body = R"({"code":0,"list":[[1)";
      return reply(request, proper);
    case VenueFault::no_answer:
      return;
    default:
      break;
  }
  // Something of the answer, then nothing more, or the end.
  const std::size_t begin = waiting_.size();
  if (fault == VenueFault::huge_body) proper.body.resize(kHugeBytes, ' ');
  reply(request, proper);
  waiting_.resize(begin + std::min<std::size_t>((waiting_.size() - begin) * 3 / 4, 64 * 1024));
  is_last_send_ = fault == VenueFault::cut_body;
}

bool Connection::is_upgrade_faulty(const Request& request) {
  upgrade_fault_ = fault_at(FaultPlace::upgrade);
  if (!upgrade_fault_) return false;
  context_.faults->gave(*upgrade_fault_);
  if (upgrade_fault_ != VenueFault::portal) return false;
  reply(request, page(200));
  return true;
}

bool Connection::deliver_faulty(KlineFrame& frame) {
  const auto fault = fault_at(FaultPlace::wire);
  if (!fault) return false;
  context_.faults->gave(*fault);
  if (fault == VenueFault::lost_number) {
    ++sequence_;
    return true;
  }
  const std::string json = requests_->is_combined()
                               ? R"({"stream":")" + frame.stream_name() + R"(","data":)" + frame.json() + "}"
                               : with_sequence(frame.json());
  waiting_ += altered_wire(*fault, json, context_.faults->given(*fault));
  if (fault == VenueFault::cut_in_frame) is_last_send_ = true;
  if (fault == VenueFault::service_restart) disconnect(1012, "Service Restart");
  if (fault == VenueFault::ending_notice) {
    send_frame(WebOpcode::text,
               ending_notice(context_.text.dialect(), context_.clock.now_ms(), requests_->is_combined()));
    ends_at_ = Clock::now() + kNoticeTime;
  }
  return true;
}

}  // namespace lockstep::sim
