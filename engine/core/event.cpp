#include "engine/core/event.hpp"

namespace lockstep::core {

const char* to_string(Reason reason) {
  switch (reason) {
    case Reason::none:
      return "none";
    case Reason::starting:
      return "starting";
    case Reason::history_loading:
      return "history_loading";
    case Reason::not_enough_bars:
      return "not_enough_bars";
    case Reason::disconnected:
      return "disconnected";
    case Reason::silent:
      return "silent";
    case Reason::bar_missing:
      return "bar_missing";
    case Reason::bar_late:
      return "bar_late";
    case Reason::events_lost:
      return "events_lost";
    case Reason::bar_revised:
      return "bar_revised";
    case Reason::record_unusable:
      return "record_unusable";
    case Reason::price_refused:
      return "price_refused";
    case Reason::off_grid:
      return "off_grid";
    case Reason::scale_changed:
      return "scale_changed";
    case Reason::growth_not_finite:
      return "growth_not_finite";
    case Reason::equity_not_finite:
      return "equity_not_finite";
    case Reason::symbol_unknown:
      return "symbol_unknown";
    case Reason::symbol_not_trading:
      return "symbol_not_trading";
    case Reason::interval_unknown:
      return "interval_unknown";
    case Reason::venue_unreachable:
      return "venue_unreachable";
    case Reason::journal_unavailable:
      return "journal_unavailable";
    case Reason::stopping:
      return "stopping";
    case Reason::audit_difference:
      return "audit_difference";
    case Reason::suspended:
      return "suspended";
    case Reason::engine_stuck:
      return "engine_stuck";
    case Reason::removed:
      return "removed";
    case Reason::behind:
      return "behind";
    case Reason::trades_differ:
      return "trades_differ";
  }
  return "unknown";
}

}  // namespace lockstep::core
