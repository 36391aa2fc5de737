#!/usr/bin/env python3
"""The Debian package: made, unpacked and looked at. Usage: package_test.py SOURCE_DIR BUILD_DIR LOCKSTEP_PROGRAM VERSION

Parts whose tools are not there (dpkg-deb, systemd-analyze, man, zsh, fish) are named and left out; without dpkg-deb or
dpkg-shlibdeps the rest is checked and the exit code is 77, ctest's skip.
"""
import gzip
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

WANTED = """
usr/bin/lockstep
etc/lockstep/lockstep.toml
lib/systemd/system/lockstep.service
usr/share/man/man1/lockstep.1.gz
usr/share/bash-completion/completions/lockstep
usr/share/zsh/vendor-completions/_lockstep
usr/share/fish/vendor_completions.d/lockstep.fish
usr/share/doc/lockstep/operations.md
usr/share/doc/lockstep/prometheus/rules.yml
usr/share/doc/lockstep/grafana/lockstep.json
""".split()

failures = []


def check(what, is_true, detail=""):
    print(("fine: " if is_true else "WRONG: ") + what + (f": {detail}" if detail and not is_true else ""))
    if not is_true:
        failures.append(what)


def run(*arguments, text=None):
    done = subprocess.run([str(each) for each in arguments], input=text, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def has(tool):
    if shutil.which(tool):
        return True
    print(f"left out: there is no {tool}")
    return False


def every_option(program, path=()):
    """Of the program and all sub-commands, from what --help shows."""
    _, text = run(program, *path, "--help")
    options = set(re.findall(r"^ +(?:-\w,)?(--[a-z-]+)", text, re.M))
    commands = []
    if "Subcommands:" in text:
        commands = re.findall(r"^  ([a-z]+) ", text[text.index("Subcommands:"):], re.M)
    for command in commands:
        options |= every_option(program, (*path, command)) | {command}
    return options


def check_texts(program):
    wanted = every_option(program)
    check(f"--help shows options and commands ({len(wanted)})", len(wanted) > 40)
    texts = {what: run(program, *what.split())[1]
             for what in ("man", "completion bash", "completion zsh", "completion fish")}
    for what, text in texts.items():
        plain = text.replace("\\-", "-")
        missing = [word for word in wanted if (word not in plain and f"-l {word[2:]} " not in plain)]
        check(f"`lockstep {what}` misses nothing", not missing, missing)
    for shell in ("bash", "zsh", "fish"):
        if has(shell):
            code, output = run(shell, "-n", "/dev/stdin", text=texts[f"completion {shell}"])
            check(f"{shell} reads its completion", code == 0, output)
    if shutil.which("bash"):
        script = texts["completion bash"] + ('COMP_WORDS=(lockstep run --dem); COMP_CWORD=2; _lockstep; '
                                             'echo "${COMPREPLY[@]}"')
        code, output = run("bash", "-c", script)
        check("bash completes an option of a sub-command", "--demo " in output + " " and "--demo-seed" in output, output)
    if has("man"):
        code, output = run("man", "--warnings", "-l", "-", text=texts["man"])
        check("man reads the manual page", code == 0 and "warning" not in output and "COMMANDS" in output, output[:300])


# Of the unit, what other pages promise.
UNIT_LINES = """
Type=notify
WatchdogSec=60
Restart=on-failure
StartLimitIntervalSec=0
User=lockstep
UMask=0077
StateDirectoryMode=0700
LimitCORE=0
NoNewPrivileges=yes
ProtectSystem=strict
""".split()


def check_unit(unit, program):
    lines = unit.read_text().splitlines()
    missing = [line for line in UNIT_LINES if line not in lines]
    check("A12: the unit says what the pages promise", not missing, missing)
    if not has("systemd-analyze"):
        return
    with tempfile.TemporaryDirectory() as folder:
        # verify wants a program that is there.
        copy = pathlib.Path(folder) / "lockstep.service"
        copy.write_text(unit.read_text().replace("/usr/bin/lockstep", str(program)))
        code, output = run("systemd-analyze", "verify", "--man=no", copy)
        check("systemd reads the unit", code == 0 and "lockstep.service" not in output, output)
    code, output = run("systemd-analyze", "security", "--offline=yes", "--threshold=20", unit)
    if "unrecognized option" not in output:
        check("the unit's exposure is at most 2.0", code == 0, output[-200:])


def check_modes(listing):
    """Lines as `-rwxr-xr-x root/root 123 2026-01-01 00:00 ./usr/bin/lockstep`."""
    entries = [line.split(None, 5) for line in listing.splitlines()]
    modes = {name.removeprefix("./"): mode for mode, _, _, _, _, name in entries}
    check("A12: everything in the package is root's", entries and all(owner == "root/root" for _, owner, *_ in entries))
    loose = [name for name, mode in modes.items() if mode[0] != "l" and "w" in mode[4:]]
    check("A12: nobody else may write to it", not loose, loose)
    special = [name for name, mode in modes.items() if set(mode[1:]) & set("sStT")]
    check("A12: nothing runs with rights of others", not special, special)
    runnable = [name for name, mode in modes.items() if mode[0] == "-" and "x" in mode]
    check("A12: nothing but the programs can be run", set(runnable) == {"usr/bin/lockstep", "usr/bin/lockstep-simulate"},
          runnable)


def check_package(build, folder, version):
    code, output = run("cpack", "--config", build / "CPackConfig.cmake", "-B", folder / "made")
    packages = list((folder / "made").glob("*.deb"))
    check("cpack makes a package", code == 0 and len(packages) == 1, output[-1500:])
    if not packages:
        return
    root = folder / "root"
    run("dpkg-deb", "-x", packages[0], root)
    _, listing = run("dpkg-deb", "-c", packages[0])
    check_modes(listing)
    for name in WANTED:
        check(f"the package has /{name}", (root / name).is_file())
    stray = [str(path.relative_to(root)) for path in root.rglob("*")
             if path.is_file() and not str(path.relative_to(root)).startswith(("usr/", "etc/lockstep/", "lib/systemd/"))]
    check("and nothing elsewhere", not stray, stray)
    check("no headers or libraries", not list(root.rglob("*.hpp")) and not list(root.rglob("*.a")))
    code, output = run(root / "usr/bin/lockstep", "--version")
    check("its program runs", code == 0 and version in output, output)
    _, fields = run("dpkg-deb", "-f", packages[0])
    check("its dependencies are named", "libssl3" in fields and "adduser" in fields, fields)
    control = folder / "control"
    run("dpkg-deb", "-e", packages[0], control)
    check("its configuration is kept over upgrades", (control / "conffiles").read_text() == "/etc/lockstep/lockstep.toml\n")
    for script in ("postinst", "prerm", "postrm"):
        code, output = run("sh", "-n", control / script)
        check(f"{script} is a script", code == 0 and (control / script).stat().st_mode & 0o111, output)
    installed = (control / "postinst").read_text()
    check("A12: the configuration, which may hold secrets, is for root and the service alone",
          "chown root:lockstep /etc/lockstep/lockstep.toml" in installed and
          "chmod 0640 /etc/lockstep/lockstep.toml" in installed)
    code, output = run(root / "usr/bin/lockstep", "alerts", "waiting", "--config", root / "etc/lockstep/lockstep.toml")
    check("its configuration is good", code == 0, output)
    with gzip.open(root / "usr/share/man/man1/lockstep.1.gz", "rt") as page:
        check("its manual page is that version's", f"lockstep {version}" in page.read())


def main():
    source, build, program, version = (pathlib.Path(each) for each in sys.argv[1:5])
    source, build, program = source.resolve(), build.resolve(), program.resolve()
    check_texts(program)
    check_unit(source / "tools/package/lockstep.service", program)
    is_whole = has("dpkg-deb") and has("dpkg-shlibdeps") and has("cpack")
    if is_whole:
        with tempfile.TemporaryDirectory() as folder:
            check_package(build, pathlib.Path(folder), str(version))
    if failures:
        sys.exit(f"{len(failures)} wrong")
    sys.exit(0 if is_whole else 77)


main()
