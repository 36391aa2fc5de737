#!/usr/bin/env python3
"""docs/faults.md against the tests and the simulator: every row names tests that are there under its number, and
every row of connections, data and history has faults that the simulator makes, under the names that it uses.

usage: faults_test.py SOURCE_DIR TEST_PROGRAM...
"""
import pathlib
import re
import subprocess
import sys

source = pathlib.Path(sys.argv[1])
programs = {pathlib.Path(path).name.removeprefix("lockstep_tests_"): pathlib.Path(path) for path in sys.argv[2:]}
text = (source / "docs/faults.md").read_text()
catalogue = [row for group, last in (("N", 18), ("D", 16), ("R", 7), ("T", 3), ("S", 13), ("P", 10), ("A", 12))
             for row in (f"{group}{i}" for i in range(1, last + 1))]
# Rows that no Catch2 test can show: by the whole suite under TSan, or not at all (their state says "part").
elsewhere = {"P5"}
numbers = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
wrong = []


def table(begins_with):
    """The cells of each row of the table whose header begins so."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(begins_with))
    rows = {}
    for line in lines[start + 2:]:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows[cells[0]] = cells
    return rows


def names_with_tag(folder, row, found={}):
    if (folder, row) not in found:
        which = "*" if row == "*" else f"[{row}]"
        run = subprocess.run([programs[folder], which, "--list-test-names-only"], capture_output=True, text=True)
        if run.stderr.strip() or "Unrecognised" in run.stdout:  # Catch2 3
            run = subprocess.run([programs[folder], which, "--list-tests", "--verbosity", "quiet"],
                                 capture_output=True, text=True)
        found[folder, row] = [line.strip() for line in run.stdout.splitlines() if line.strip()]
    return found[folder, row]


def check_tests(row, cell):
    shown = 0
    folder = None
    for item in cell.split(";"):
        item = item.strip()
        is_script = ".py" in item
        head = re.match(r"([a-z_]+)(?: \(([a-z]+)\))?: ", item)
        if head and (head[2] or head[1]):
            folder = head[2] or head[1]
            item = item[head.end():]
        item = re.sub(r" \([^()]*\)", "", item).strip()
        if folder not in programs or not item or item == "simulation" or is_script:
            continue
        # Of the catalogue's other parts many a test carries no number.
        names = names_with_tag(folder, row if row[0] in "NDRT" else "*")
        count = re.fullmatch(r"(\w+)(?: \w+)? tests? with that tag", item)
        if count:
            if len(names) < numbers[count[1]]:
                wrong.append(f"{row}: {folder} has {len(names)} tests with that tag, not {count[1]}")
        elif item == "every test":
            shown += bool(names)
        elif not any(item.lower() in name.lower() for name in names):
            wrong.append(f"{row}: no test of {folder} with the tag [{row}] has '{item}' in its name; there is: {names}")
        else:
            shown += 1
            continue
        shown += bool(count)
    if shown == 0 and row not in elsewhere:
        wrong.append(f"{row}: names no test that can be looked up")


def check_simulator(rows):
    made = {}
    for name, of in re.findall(r'\{\w+, "(\w+)", \w+, "([NDR0-9 ]+)"', (source / "replay/sim/venue_fault.cpp").read_text()):
        for row in of.split():
            made.setdefault(row, set()).add(name)
    if len(set().union(*made.values())) < 50:
        wrong.append("faults of the simulator: fewer than 50 were found in venue_fault.cpp, does its table look otherwise?")
    lines = re.search(r"kNames\[\] = \{([^}]*)\}", (source / "replay/sim/fault_proxy.cpp").read_text())[1]
    settings = set(re.findall(r"\b(\w+)\b", (source / "replay/sim/exchange_sim.hpp").read_text()))
    for row in (row for row in catalogue if row[0] in "NDR"):
        if row not in rows:
            wrong.append(f"{row}: is not in the table of the simulator's faults")
            continue
        named = set(re.findall(r"`(\w+)`", rows[row][1]))
        for name in made.get(row, set()) - named:
            wrong.append(f"{row}: the simulator makes {name}, the table does not say so")
        for name in named - made.get(row, set()):
            if f'"{name}"' not in lines and name not in settings:
                wrong.append(f"{row}: the simulator has no {name}, or not for this row")
        if not named and not rows[row][1].startswith("none:"):
            wrong.append(f"{row}: names no fault")


rows = table("| row | fault | test")
for row in catalogue:
    if row not in rows:
        wrong.append(f"{row}: is not in the table")
for row in rows:
    if row not in catalogue:
        wrong.append(f"{row}: is no row of the catalogue")
missing = [name for name, path in programs.items() if not path.exists()]
if not missing:
    for row, cells in rows.items():
        check_tests(row, cells[2])
check_simulator(table("| row | made by"))
for line in wrong:
    print(line)
if wrong:
    sys.exit(1)
if missing:
    print("not built, so the names of tests were not looked up:", ", ".join(missing))
    sys.exit(77)
print(f"{len(rows)} rows, all with tests")
