// What has to be told and is not yet: on the disk, so that a restart forgets nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace lockstep::engine::alerts {

/// One alert to one target. The id is the alert's: it stays the same over retries and restarts, so that a
/// receiver can drop what it has already.
struct Delivery {
  std::string id;
  std::string target;
  std::string body;
  std::int64_t ts_ms = 0;  ///< when it was raised

  bool operator==(const Delivery&) const = default;
};

/// What an outbox file holds. Each line is a CRC-32C in hexadecimal, a blank, and one JSON object:
/// {"put":{...}}, {"done":{"id","target"}} or {"seen":{"id","target"}}.
struct OutboxContent {
  std::vector<Delivery> waiting;                          ///< in the order of their puts
  std::vector<std::pair<std::string, std::string>> seen;  ///< id and target of what is done
  std::size_t lines_damaged = 0;                          ///< whole lines that are not ours any more
  std::size_t bytes_torn = 0;                             ///< of a last line that was never finished
};
/// Takes any bytes.
OutboxContent read_outbox(std::string_view bytes);

/// One thread. What put() took is durable when it returns, unless trouble() says otherwise: then it is kept
/// in memory, and sent all the same.
class Outbox {
 public:
  /// How many deliveries that are done are remembered, to tell a repetition.
  static constexpr std::size_t kSeenMax = 65'536;
  enum class Put : std::uint8_t {
    queued,
    known,  ///< the same id was given to this target before
    full,
  };

  /// `path` empty: in memory alone. A damaged file is kept beside, what is good of it goes on. Throws
  /// std::system_error when the folder cannot be written.
  Outbox(std::string path, std::size_t waiting_max);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  Put put(const Delivery& delivery);
  /// It has arrived, or is given up. Unknown numbers are ignored.
  void done(std::uint64_t number);
  /// By number, which grows with each put.
  const std::map<std::uint64_t, Delivery>& waiting() const { return waiting_; }
  void set_waiting_max(std::size_t waiting_max) { waiting_max_ = waiting_max; }

  /// What was wrong with the file at the start; empty when nothing.
  const std::string& finding() const { return finding_; }
  /// Why the disk does not take it at present; empty while it does.
  const std::string& trouble() const { return trouble_; }

 private:
  void load();
  void append(const std::string& json);
  void compact();
  void remember(const std::string& key);
  void hold(const Delivery& delivery);

  std::string path_;
  std::size_t waiting_max_;
  int file_ = -1;
  std::uint64_t file_bytes_ = 0;  // known good
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, Delivery> waiting_;
  std::unordered_set<std::string> known_;  // keys of what waits, and of what is remembered
  std::deque<std::string> seen_;           // oldest first
  std::string finding_;
  std::string trouble_;
};

}  // namespace lockstep::engine::alerts
