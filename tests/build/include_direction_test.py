"""Includes point one way: each folder may include only the folders that design.md allows it."""
import pathlib
import re
import sys

# Longest prefix wins. A folder may always include itself.
ALLOWED = {
    "incremental": [],
    "kernels": ["incremental"],
    "engine/core": ["incremental"],
    "feeds": ["engine/core", "incremental"],
    "engine": ["engine/core", "incremental", "kernels", "feeds"],
    "replay/sim": [],
    "replay": ["engine", "engine/core", "incremental", "kernels", "feeds", "replay/sim"],
    "tools": ["engine", "engine/core", "incremental", "kernels", "feeds", "replay", "replay/sim"],
    "tests": None,  # everything
    "cmake": [],
}
# The pure half of the engine knows neither venues nor sockets: a shard runs in a test, on one thread.
SHARD = ["engine/live_series", "engine/shard.", "engine/signal."]
SHARD_FORBIDDEN = re.compile(r"feeds/|engine/(api|config|daemon|outlet|shard_thread)|boost/|simdjson")

INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.M)
STANDARD_ONLY = "incremental"
THIRD_PARTY = re.compile(r"boost/|simdjson|concurrentqueue|openssl/|fmt/|spdlog/|toml\+\+|CLI/|nlohmann/|zlib|catch2/")


def folder_of(path):
    matches = [f for f in ALLOWED if path == f or path.startswith(f + "/")]
    return max(matches, key=len) if matches else None


def complaints(source, text):
    own = folder_of(source)
    for target in INCLUDE.findall(text):
        other = folder_of(target)
        if own == STANDARD_ONLY and THIRD_PARTY.search(target):
            yield f"{source}: includes {target}; incremental uses the standard library only"
        if any(source.startswith(s) for s in SHARD) and SHARD_FORBIDDEN.search(target):
            yield f"{source}: includes {target}; the shard knows neither feeds nor sockets"
        if other is None or other == own or ALLOWED[own] is None:
            continue
        if other not in ALLOWED[own]:
            yield f"{source}: includes {target}; {own} may include only {', '.join(ALLOWED[own]) or 'itself'}"


def main(source_dir):
    root = pathlib.Path(source_dir).resolve()
    problems, count = [], 0
    for folder in sorted({f.split("/")[0] for f in ALLOWED}):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in {".cpp", ".hpp", ".ipp", ".cu", ".cuh"}:
                continue
            count += 1
            problems += complaints(path.relative_to(root).as_posix(), path.read_text())
    for problem in problems:
        print(problem)
    print(f"{count} files, {len(problems)} problems")
    return 1 if problems or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
