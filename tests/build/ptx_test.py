"""The CUDA kernels round every operation by itself.

Reads the PTX that all native code of the build is made from: no fused multiply-add, and none of add, sub, mul, div, sqrt
on floating-point numbers without an explicit rounding to the nearest. (spec.md allows one fused operation, in the rounding
to two decimals; it is Dekker's product there, so that none is left.) Then compiles the rounding probe with fusing switched
on, and must find it: a test that checks nothing would look the same as a good one.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

FLOAT = re.compile(r"^\s*(?:@!?%p\d+\s+)?(fma|mad|add|sub|mul|div|sqrt|rcp|ex2|lg2)((?:\.\w+)*\.f(?:16|32|64)\w*)\s", re.M)
ROUNDED = re.compile(r"^\.rn\.f64$")


def complaints(ptx):
    entry = "?"
    for number, line in enumerate(ptx.splitlines(), 1):
        if match := re.search(r"\.entry (\w+)", line):
            entry = match.group(1)
        match = FLOAT.match(line)
        if match and (match.group(1) in ("fma", "mad", "rcp", "ex2", "lg2") or not ROUNDED.match(match.group(2))):
            yield f"line {number}, {entry}: {line.strip()}"


def compiled(nvcc, flags, source, root):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out.ptx"
        subprocess.run([nvcc, "-std=c++20", "--ptx", "-arch=compute_75", *flags, f"-I{root}", "-x", "cu", source,
                        "-o", str(out)],
                       check=True)
        return out.read_text()


def main(nvcc, ptx_file, root, *flags):
    ptx = pathlib.Path(ptx_file).read_text()
    entries = re.findall(r"\.entry (\w+)", ptx)
    problems = list(complaints(ptx))
    for problem in problems[:20]:
        print(problem)
    rounded = len(re.findall(r"(?:add|sub|mul|div)\.rn\.f64", ptx))
    print(f"{len(entries)} kernels, {rounded} rounded operations, {len(problems)} problems")
    is_bad = bool(problems) or "lockstep_any" not in entries or rounded < 1000

    probe = f"{root}/kernels/cuda/rounding_probe.cuh"
    if any(complaints(compiled(nvcc, flags, probe, root))):
        print("the build's flags fuse the probe")
        is_bad = True
    fused = list(complaints(compiled(nvcc, [f.replace("fmad=false", "fmad=true") for f in flags], probe, root)))
    if not fused:
        print("with --fmad=true nothing was found: this test cannot fail")
        is_bad = True
    return 1 if is_bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
