"""Code compiled for one instruction set stays in its own file.

An inline function that both step_avx512.cpp and an ordinary source emit would be one symbol to the linker, which might
keep the AVX-512 copy for everyone: an illegal instruction on older CPUs. So the per-CPU objects may define no weak symbol.
"""
import re
import subprocess
import sys


def main(archives):
    listing = "".join(
        subprocess.run(["nm", "-C", "--defined-only", archive], check=True, capture_output=True, text=True).stdout
        for archive in archives)
    problems, members, member = [], 0, ""
    for line in listing.splitlines():
        if line.endswith(":"):
            member = line[:-1]
            members += re.search(r"_avx(2|512)", member) is not None
        elif re.search(r"_avx(2|512)", member) and re.match(r"[0-9a-f]+ [WVu] ", line):
            problems.append(f"{member}: defines {line.split(' ', 2)[2]} for everyone")
    for problem in problems:
        print(problem)
    print(f"{members} objects, {len(problems)} problems")
    return 1 if problems or not members else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
