#!/usr/bin/env python3
"""The daemon as a service: systemd's words, SIGHUP, SIGTERM, the log. Usage: service_test.py LOCKSTEP_PROGRAM"""
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from notify_socket import NotifySocket

PATIENCE_S = 60
TOKEN = "tokentokentokentokentokentokentoken"
KEY = "keykeykeykeykeykey"
PATH = "/services/T0SECRETPATH"
FILE = f"""
[engine]
log_file = "LOG"
log_format = "json"
log_level = "LEVEL"
[api]
port = PORT
token = "{TOKEN}"
[alerts]
[[alerts.target]]
name = "away"
webhook = "http://127.0.0.1:1{PATH}"
secret = "{KEY}"
[[alerts.rule]]
name = "all"
on = ["live", "long", "short"]
"""

failures = []


def check(what, is_true):
    print(("fine: " if is_true else "WRONG: ") + what)
    if not is_true:
        failures.append(what)


class Service:
    def __init__(self, program, folder):
        self.log = folder / "lockstep.log"
        self.config = folder / "lockstep.toml"
        self.systemd = NotifySocket(folder)
        self.write(level="trace")
        self.process = subprocess.Popen([program, "run", "--demo", "--plain", "--config", str(self.config)],
                                        env=self.systemd.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def write(self, level="info", port=0, more=""):
        text = FILE.replace("LOG", str(self.log)).replace("LEVEL", level).replace("PORT", str(port))
        self.config.write_text(text + more)

    def lines(self):
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def wait(self, what, is_true):
        deadline = time.monotonic() + PATIENCE_S
        while not is_true():
            if self.process.poll() is not None:
                sys.exit(f"{what}: the daemon ended with {self.process.returncode}: {self.process.stderr.read()}")
            if time.monotonic() > deadline:
                sys.exit(f"{what}: not within {PATIENCE_S} s; the log: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)
        print("fine: " + what)

    def has_line(self, text):
        return any(text in line["message"] for line in self.lines())

    def get(self, target):
        request = urllib.request.Request(self.address + target, headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()


def reloads(service):
    service.write(level="debug", port=9)
    service.process.send_signal(signal.SIGHUP)
    service.wait("a reload is told to systemd", lambda: "RELOADING=1\nMONOTONIC_USEC=" in service.systemd.told())
    service.wait("a reload says what changed at once", lambda: service.has_line("changed at once: [engine] log_level"))
    service.wait("and what needs a restart", lambda: service.has_line("[api] port changed, too, but counts only from"))
    check("the configuration in force shows it", 'log_level = \\"debug\\"' in service.get("/v1/status"))

    service.write(more="[alerts.rul]\n")
    service.process.send_signal(signal.SIGHUP)
    service.wait("a wrong file is refused with its place",
                 lambda: service.has_line("has no key \"rul\"") and service.has_line("the configuration in force stays"))
    check("nothing has changed", 'log_level = \\"debug\\"' in service.get("/v1/status"))

    moved = service.log.with_suffix(".1")
    service.log.rename(moved)
    service.write(level="debug", more='[[alerts.rule]]\nname = "more"\non = ["short"]\n')
    service.process.send_signal(signal.SIGHUP)
    service.wait("after a rename a new log begins", lambda: service.has_line("changed at once: [alerts]"))
    return moved.read_text()


def main():
    with tempfile.TemporaryDirectory() as folder:
        service = Service(sys.argv[1], pathlib.Path(folder))
        service.wait("readiness is told to systemd", lambda: "READY=1" in service.systemd.told())
        service.address = next(re.search(r"API at (http://[0-9.:]+)", line["message"]) for line in service.lines()
                               if "API at" in line["message"]).group(1)
        service.wait("the watchdog is told", lambda: service.systemd.told().count("WATCHDOG=1") >= 2)
        service.wait("an alert fails and is tried again", lambda: service.has_line("target away"))
        for key in ("ts", "level", "thread", "message"):
            check(f"a line of the log has {key}", key in service.lines()[0])
        old_log = reloads(service)
        status = service.get("/v1/status")
        metrics = service.get("/metrics")
        begin = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        code = service.process.wait(30)
        took = time.monotonic() - begin
        check(f"P10: SIGTERM ends it with 0 within 5 s (code {code}, {took:.2f} s)", code == 0 and took < 5)
        check("the end is told to systemd", "STOPPING=1" in service.systemd.told())
        everything = old_log + service.log.read_text() + status + metrics + service.process.stderr.read()
        for secret in (TOKEN, KEY, PATH):
            check(f"A8: {secret[:3]}... is nowhere in log, status and metrics", secret not in everything)
    sys.exit(1 if failures else 0)


main()
