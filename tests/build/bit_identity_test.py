"""No translation unit escapes the bit-identity flags.

Reads compile_commands.json of a build: every C++ source of the project must carry -ffp-contract=off after anything that
would turn contraction on, none may carry a flag that lets the compiler change arithmetic, and only the per-CPU step
sources may ask for an instruction set.
"""
import json
import pathlib
import re
import shlex
import sys

REQUIRED = "-ffp-contract=off"
FORBIDDEN = re.compile(
    r"-(Ofast|ffast-math|funsafe-math-optimizations|fassociative-math|freciprocal-math|fno-signed-zeros|"
    r"ffinite-math-only|ffp-contract=(fast|on)|mfpmath=387|fexcess-precision=fast|march=.*|use_fast_math)$")
MACHINE = re.compile(r"-m(avx|fma|bmi|sse4|sse3|ssse3)")
PER_CPU = {f"{source}_{cpu}.cpp" for cpu in ("avx2", "avx512")
           for source in ("incremental/detail/step", "kernels/detail/wide", "kernels/detail/long")}

# Takes the dashboard's place where there is no Node.js.
OTHER_BUILDS = {"tools/dashboard/no_page.cpp"}


def complaints(command, source):
    words = shlex.split(command["command"])
    if REQUIRED not in words:
        yield f"{source}: compiled without {REQUIRED}; link lockstep_build_flags"
    for word in words:
        if FORBIDDEN.match(word):
            yield f"{source}: compiled with {word}, which may change results"
        if MACHINE.match(word) and source not in PER_CPU:
            yield f"{source}: compiled with {word}; only {', '.join(sorted(PER_CPU))} may name an instruction set"
    if REQUIRED in words:
        last = [w for w in words if w.startswith("-ffp-contract=")][-1]
        if last != REQUIRED:
            yield f"{source}: {last} comes after {REQUIRED}"


def main(commands_file, source_dir):
    root = pathlib.Path(source_dir).resolve()
    seen, problems = set(), []
    for command in json.loads(pathlib.Path(commands_file).read_text()):
        path = (pathlib.Path(command["directory"]) / command["file"]).resolve()
        source = path.relative_to(root).as_posix()
        seen.add(source)
        problems += complaints(command, source)
    folders = ["incremental", "engine", "feeds", "replay", "tools", "kernels"]
    for folder in folders:
        for path in (root / folder).rglob("*.cpp"):
            source = path.relative_to(root).as_posix()
            if source not in seen | OTHER_BUILDS:
                problems.append(f"{source}: not part of the build")
    for problem in problems:
        print(problem)
    print(f"{len(seen)} sources, {len(problems)} problems")
    return 1 if problems or not seen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
