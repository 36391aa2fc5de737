#!/usr/bin/env python3
"""`lockstep run` as a process that goes wrong. Usage: process_test.py LOCKSTEP_PROGRAM

P9: a daemon that is killed again and again waits before its fifth start. P4: while one of its threads is held, no pulse
goes to systemd. A8: what holds a secret leaves no core dump. Parts that this machine does not allow (ptrace, core dumps)
are named and left out.
"""
import ctypes
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from notify_socket import NotifySocket

PATIENCE_S = 60
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
FILE = """
[engine]
data_dir = "DATA"
shards = 2
[api]
port = 0
TOKEN
[[feed]]
venue = "binance_spot"
symbols = ["BTCUSDT"]
intervals = ["1m"]
ws_url = "ws://127.0.0.1:1"
rest_url = "http://127.0.0.1:1"
"""

failures = []


def check(what, is_true):
    print(("fine: " if is_true else "WRONG: ") + what, flush=True)
    if not is_true:
        failures.append(what)


class Daemon:
    def __init__(self, program, folder, token=""):
        self.folder = folder
        self.systemd = NotifySocket(folder)
        config = folder / "lockstep.toml"
        config.write_text(FILE.replace("DATA", str(folder / "data")).replace("TOKEN", token))
        self.errors = open(folder / "errors", "w+", encoding="utf-8")
        self.process = subprocess.Popen([program, "run", "--plain", "--config", str(config)], cwd=folder,
                                        env=self.systemd.environment(), stdout=subprocess.DEVNULL, stderr=self.errors)

    def said(self):
        return (self.folder / "errors").read_text()

    def wait(self, what, is_true):
        deadline = time.monotonic() + PATIENCE_S
        while not is_true():
            if self.process.poll() is not None:
                sys.exit(f"{what}: the daemon ended with {self.process.returncode}: {self.said()}")
            if time.monotonic() > deadline:
                sys.exit(f"{what}: not within {PATIENCE_S} s: {self.said()}")
            time.sleep(0.02)
        print("fine: " + what, flush=True)

    def wait_ready(self, what):
        self.wait(what, lambda: "READY=1" in self.systemd.told())

    def status(self):
        port = re.search(r"API at http://127.0.0.1:(\d+)", self.said()).group(1)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/status", timeout=10) as answer:
            return json.load(answer)

    def end(self, how):
        """The wait status, as the kernel gives it."""
        os.kill(self.process.pid, how)
        _, status = os.waitpid(self.process.pid, 0)
        self.process.returncode = 0
        self.systemd.close()
        return status


def slows_down_starts(program, folder):
    for start in range(1, 5):
        daemon = Daemon(program, folder)
        daemon.wait_ready(f"P9: start {start} does not wait")
        daemon.end(signal.SIGKILL)
    daemon = Daemon(program, folder)
    daemon.wait("P9: the fifth does, and tells systemd how long", lambda: "STATUS=the last 4 starts" in daemon.systemd.told())
    check("and systemd gives it the time", "EXTEND_TIMEOUT_USEC=310000000" in daemon.systemd.told())
    check("and the log says what to do", "lockstep journal check" in daemon.said())
    check("it attaches to nothing meanwhile", "READY=1" not in daemon.systemd.told())
    os.kill(daemon.process.pid, signal.SIGTERM)
    check("and ends at once when it is told to", daemon.process.wait(10) == -signal.SIGTERM)
    (folder / "data" / "starts").unlink()
    daemon = Daemon(program, folder)
    daemon.wait_ready("P9: without that file it starts at once")
    check("an orderly end", os.WEXITSTATUS(daemon.end(signal.SIGTERM)) == 0)
    check("leaves no count", not (folder / "data" / "starts").exists())


class Held:
    """Threads of a child, held by ptrace."""

    def __init__(self, process, names):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        self.libc.ptrace.restype = ctypes.c_long
        self.threads = []
        for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
            if (task / "comm").read_text().strip() in names:
                self.threads.append(int(task.name))
        for thread in self.threads:
            if self.libc.ptrace(PTRACE_SEIZE, thread, None, None) != 0:
                raise PermissionError(os.strerror(ctypes.get_errno()))
            self.libc.ptrace(PTRACE_INTERRUPT, thread, None, None)
            os.waitpid(thread, 0x40000000)  # __WALL: until it is held

    def let_go(self):
        for thread in self.threads:
            self.libc.ptrace(PTRACE_DETACH, thread, None, None)


def stops_the_pulse(program, folder, name, how_it_shows):
    daemon = Daemon(program, folder)
    daemon.wait_ready(f"P4: a daemon runs, whose thread {name} is to be held")
    daemon.wait("its pulse is told", lambda: daemon.systemd.told().count("WATCHDOG=1") >= 2)
    try:
        held = Held(daemon.process, {name})
    except PermissionError as error:
        print(f"left out: threads cannot be held here: {error}")
        daemon.end(signal.SIGTERM)
        return
    check("it has that thread", len(held.threads) == 1)
    daemon.wait(f"held, it is noticed ({name})", lambda: how_it_shows(daemon))
    daemon.systemd.forget()
    time.sleep(2)  # ten times the time between two pulses: nothing is waited for
    check(f"no pulse is told while {name} does not move", "WATCHDOG=1" not in daemon.systemd.told())
    held.let_go()
    daemon.wait("when it moves again, the pulse is back", lambda: "WATCHDOG=1" in daemon.systemd.told())
    check("and the daemon ends in order", os.WEXITSTATUS(daemon.end(signal.SIGTERM)) == 0)


def pulse_has_ended(daemon):
    before = daemon.systemd.told().count("WATCHDOG=1")
    time.sleep(1)
    return daemon.systemd.told().count("WATCHDOG=1") == before


def keeps_secrets(program, folder):
    daemon = Daemon(program, folder)
    daemon.wait_ready("A8: a daemon without secrets")
    if not os.WCOREDUMP(daemon.end(signal.SIGABRT)):
        print("left out: there are no core dumps here")
        return
    daemon = Daemon(program, folder, 'token = "' + 32 * "t" + '"')
    daemon.wait_ready("A8: one with a token")
    check("leaves no core dump when it dies", not os.WCOREDUMP(daemon.end(signal.SIGABRT)))


def main():
    program = os.path.abspath(sys.argv[1])
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    parts = [
        (slows_down_starts, ()),
        (stops_the_pulse, ("shard 0", lambda daemon: daemon.status()["engine"]["threads"]["stuck"] == "shard 0")),
        (stops_the_pulse, ("watchdog", pulse_has_ended)),
        (keeps_secrets, ()),
    ]
    # Most of the time is waiting, so they wait together; ptrace belongs to the thread that began with it.
    threads = []
    broken = []

    def run(part, arguments):
        try:
            with tempfile.TemporaryDirectory() as folder:
                part(program, pathlib.Path(folder), *arguments)
        except BaseException as error:  # sys.exit, too
            broken.append(f"{part.__name__}: {error}")
            raise

    for part, arguments in parts:
        threads.append(threading.Thread(target=run, args=(part, arguments)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    if broken or failures:
        sys.exit("\n".join(broken + failures))


main()
