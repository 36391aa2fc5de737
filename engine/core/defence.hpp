// The names of defences, so that the tests can show that each one is needed (docs/mutants.md).
//
// LOCKSTEP_DEFENCE(name) is the constant true: it costs nothing, and nothing can switch a defence off. Only
// where the tests compile a source once more, with LOCKSTEP_MUTANTS, is it false for the one name that the
// environment variable LOCKSTEP_MUTANT holds.
#pragma once

#ifdef LOCKSTEP_MUTANTS
namespace lockstep::mutants {
/// Defined in tests/mutants/ alone.
bool is_there(const char* defence);
}  // namespace lockstep::mutants
#define LOCKSTEP_DEFENCE(name)                                         \
  ([]() -> bool {                                                      \
    static const bool is_there = ::lockstep::mutants::is_there(#name); \
    return is_there;                                                   \
  }())
#else
#define LOCKSTEP_DEFENCE(name) true
#endif
