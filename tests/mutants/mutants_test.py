"""Each defence is needed: taken away, the test that docs/mutants.md names fails.

mutants_test.py SOURCE_DIR LOCKSTEP SUITE=PROGRAM... -- SOURCE...
Every LOCKSTEP_DEFENCE of the sources has a row in the table, and every row a defence; every source with one is
among those compiled for this test; the program that people run knows no mutants. Then each test runs with nothing
taken away, and must pass, and with the defence of its row taken away, and must fail: by an assertion, or by not
ending in time. LOCKSTEP_MUTANT_ONLY=NAME runs that row alone and shows what its test says.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

PAGE = "docs/mutants.md"
# As the table has it: | `name` | what is gone | suite: name of the test |
ROW = re.compile(r"^\| `(\w+)` \|[^|]*\| (\w+): (.+?) \|$", re.M)
USE = re.compile(r"LOCKSTEP_DEFENCE\((\w+)\)")
AT_ONCE = 2
SECONDS_MAX = 60.0  # for a test with nothing taken away
SECONDS_MORE = 6.0  # a test that waits in vain has failed


def table_of(root):
    return {name: (suite, test) for name, suite, test in ROW.findall((root / PAGE).read_text())}


def uses_in(root):
    uses = {}
    for folder in ("incremental", "kernels", "engine", "feeds", "replay", "tools"):
        for path in (root / folder).rglob("*.[ch]pp"):
            source = path.relative_to(root).as_posix()
            if source == "engine/core/defence.hpp":
                continue
            for name in USE.findall(path.read_text()):
                uses.setdefault(name, set()).add(source)
    return uses


def check_names(table, uses, compiled):
    for name in sorted(uses.keys() - table.keys()):
        yield f"{name} ({', '.join(sorted(uses[name]))}) has no row in {PAGE}"
    for name in sorted(table.keys() - uses.keys()):
        yield f"{PAGE} has {name}, and no source does"
    used = set().union(*uses.values()) if uses else set()
    for source in sorted(used - compiled):
        yield f"{source} holds a defence and is not in tests/mutants/CMakeLists.txt"
    for source in sorted(compiled - used):
        yield f"{source} is in tests/mutants/CMakeLists.txt and holds no defence"


def catch_name(test):
    """The name as Catch2's command line has it: commas and brackets would mean something."""
    return re.sub(r"([\\,\[\]*])", r"\\\1", test)


def run(program, test, mutant, limit):
    """What became of the test: (exit status or None for out of time, output, seconds)."""
    environment = {key: value for key, value in os.environ.items() if key != "LOCKSTEP_MUTANT"}
    if mutant:
        environment["LOCKSTEP_MUTANT"] = mutant
    begin = time.monotonic()
    try:
        done = subprocess.run([program, catch_name(test)], env=environment, timeout=limit, text=True, errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout, time.monotonic() - begin
    except subprocess.TimeoutExpired as late:
        return None, str(late.stdout), time.monotonic() - begin


def complaint(name, suite, test, healthy, program, late):
    """Empty when the mutant is caught; `late` gets those that were caught by not ending in time."""
    status, output, seconds = healthy[suite, test]
    if status != 0 or not re.search(r"All tests passed \(.* in 1 test case\)", output):
        return f"{name}: {suite}: {test}: does not pass with nothing taken away (status {status}):\n{output}"
    status, output, _ = run(program, test, name, seconds + SECONDS_MORE)
    if os.environ.get("LOCKSTEP_MUTANT_ONLY"):
        print(output)
    if status is None:
        late.append(name)
    if status == 0:
        return f"{name}: nobody misses it: {suite}: {test}: passes without it"
    return ""


def main(arguments):
    root = pathlib.Path(arguments[0])
    lockstep = pathlib.Path(arguments[1])
    split = arguments.index("--")
    programs = dict(each.split("=", 1) for each in arguments[2:split])
    table = table_of(root)
    problems = list(check_names(table, uses_in(root), set(arguments[split + 1:])))
    if b"LOCKSTEP_MUTANT" in lockstep.read_bytes():
        problems.append(f"{lockstep} can be told to drop a defence")
    if len(table) < 20:
        problems.append(f"{PAGE} has {len(table)} rows")
    for name, (suite, _) in table.items():
        if suite not in programs:
            problems.append(f"{PAGE}: {name}: there is no suite {suite}")
    if problems:
        print("\n".join(problems))
        return 1

    only = os.environ.get("LOCKSTEP_MUTANT_ONLY")
    if only:
        table = {only: table[only]}
    late = []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        tests = sorted(set(table.values()))
        healthy = dict(zip(tests, pool.map(lambda each: run(programs[each[0]], each[1], "", SECONDS_MAX), tests)))
        problems = [each for each in pool.map(
            lambda row: complaint(row[0], *row[1], healthy, programs[row[1][0]], late), table.items()) if each]
    print("\n".join(problems))
    print(f"{len(table)} defences, {len(table) - len(problems)} caught; by waiting in vain: {', '.join(late) or 'none'}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
