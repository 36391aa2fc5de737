#!/usr/bin/env python3
"""A12: the program is built to make faults harder to use. Usage: hardening_test.py LOCKSTEP_PROGRAM IS_HARDENED

Reads the ELF file with readelf. IS_HARDENED (LOCKSTEP_HARDEN of the build): it also checks stacks and buffers.
"""
import re
import shutil
import subprocess
import sys

failures = []


def check(what, is_true, detail=""):
    print(("fine: " if is_true else "WRONG: ") + what + (f": {detail}" if detail and not is_true else ""))
    if not is_true:
        failures.append(what)


def readelf(option, program):
    return subprocess.run(["readelf", "-W", option, program], capture_output=True, text=True, check=True).stdout


def main(program, is_hardened):
    if not shutil.which("readelf"):
        print("left out: there is no readelf")
        return 77
    header, segments, dynamic = (readelf(option, program) for option in ("-h", "-l", "-d"))
    check("position-independent", re.search(r"Type:\s+DYN", header) and re.search(r"FLAGS_1.*\bPIE\b", dynamic), dynamic)
    check("what is relocated is read-only afterwards", "GNU_RELRO" in segments)
    check("all of it: nothing is bound later", re.search(r"BIND_NOW|FLAGS_1.*\bNOW\b", dynamic), dynamic)
    check("no stack can be run", re.search(r"GNU_STACK\s.*\sRW\s", segments), segments)
    check("no segment is writable and can be run", not re.search(r"LOAD\s.*\sRWE\s", segments), segments)
    check("libraries are found nowhere but in the system's folders", not re.search(r"R(UN)?PATH", dynamic), dynamic)
    if is_hardened:
        symbols = readelf("--dyn-syms", program)
        check("stacks are checked", "__stack_chk_fail" in symbols)
        check("buffers are checked", len(set(re.findall(r"\b__\w+_chk\b", symbols))) >= 3,
              sorted(set(re.findall(r"\b__\w+_chk\b", symbols))))
    return 1 if failures else 0


sys.exit(main(sys.argv[1], sys.argv[2] in ("ON", "1", "TRUE")))
