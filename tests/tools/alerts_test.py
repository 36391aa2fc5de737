#!/usr/bin/env python3
"""Alerts of a running daemon, seen by a receiver of another make. Usage: alerts_test.py LOCKSTEP_PROGRAM"""
import hashlib
import hmac
import http.server
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

PATIENCE_S = 60
KEY = b"0123456789abcdef0123456789abcdef"
FILE = """
[api]
port = 0
[[alerts.target]]
name = "bot"
webhook = "http://127.0.0.1:PORT/hook"
secret = "KEY"
[[alerts.target]]
name = "chat"
webhook = "http://127.0.0.1:PORT/chat"
template = '{"text": "{{text}}", "average": {{average}}}'
[[alerts.target]]
name = "program"
command = ["/bin/sh", "-c", "cat >> OUT"]
[[alerts.rule]]
name = "up"
on = ["live"]
[[alerts.rule]]
name = "moves"
above = 0.0
below = 0.0
intervals = ["1m"]
targets = ["bot"]
"""

failures = []
requests = []


def check(what, is_true, detail=""):
    print(("fine: " if is_true else "WRONG: ") + what + (f": {detail}" if detail and not is_true else ""))
    if not is_true:
        failures.append(what)


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        requests.append((self.path, dict(self.headers), body))
        # Every tenth is refused once, for good measure.
        self.send_response(503 if len(requests) % 10 == 0 else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


def is_signed(headers, body):
    text = headers["X-Lockstep-Timestamp"].encode() + b"." + body
    expected = "sha256=" + hmac.new(KEY, text, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, headers.get("X-Lockstep-Signature", ""))


def wait(what, is_true):
    deadline = time.monotonic() + PATIENCE_S
    while not is_true():
        if time.monotonic() > deadline:
            sys.exit(f"{what}: not within {PATIENCE_S} s, {len(requests)} requests came")
        time.sleep(0.05)
    print("fine: " + what)


def of(path, rule=None):
    found = [(headers, json.loads(body)) for at, headers, body in list(requests) if at == path]
    return [each for each in found if rule is None or each[1]["rule"] == rule]


def watch_daemon(program, config, out):
    daemon = subprocess.Popen([program, "run", "--demo", "--plain", "--config", config], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    # 8 symbols at 1m and 5m become live, each told to three targets.
    wait("every series is told to be live", lambda: len({body["id"] for _, body in of("/hook", "up")}) >= 16)
    wait("crossings are told", lambda: of("/hook", "moves"))
    wait("the other shape arrives", lambda: len(of("/chat")) >= 16)
    wait("the program gets them", lambda: out.exists() and out.read_text().count('"event":"live"') >= 16)
    daemon.send_signal(signal.SIGTERM)
    check("the daemon stops with 0", daemon.wait(20) == 0)


def check_requests():
    check("all are signed", all(is_signed(headers, body) for path, headers, body in requests if path == "/hook"))
    check("the id is in header and body", all(headers["X-Lockstep-Id"] == body["id"] for headers, body in of("/hook")))
    news = {}
    for _, body in of("/hook"):
        news.setdefault(body["id"], set()).add(json.dumps(body, sort_keys=True))
    check("an id never has two contents", all(len(each) == 1 for each in news.values()))
    moves = [body for _, body in of("/hook", "moves")]
    check("only closed bars of 1m cross", all(body["closed"] and body["interval"] == "1m" for body in moves))
    check("a crossing is one", all((body["average"] > 0) == (body["event"] == "above") for body in moves), moves[:2])
    check("a template has its fields", all(set(body) == {"text", "average"} for _, body in of("/chat")))


def check_command(program, folder, config):
    requests.clear()  # fewer than ten follow: none of them is refused
    done = subprocess.run([program, "alerts", "test", "--config", config], capture_output=True, text=True)
    check("`alerts test` reaches all targets", done.returncode == 0 and done.stdout.count("arrived") == 3, done.stdout)
    check("and says that it is a test", of("/hook")[0][1]["event"] == "test")
    away = folder / "away.toml"
    away.write_text('[[alerts.target]]\nname = "away"\nwebhook = "http://127.0.0.1:1/secretpath"\n')
    done = subprocess.run([program, "alerts", "test", "--config", away], capture_output=True, text=True)
    check("a target that cannot be reached is exit code 1",
          done.returncode == 1 and "FAILED" in done.stdout and "secretpath" not in done.stdout, done.stdout)
    done = subprocess.run([program, "alerts", "test", "--config", config, "--target", "nobody"], capture_output=True,
                          text=True)
    check("a target that is not there is exit code 2", done.returncode == 2, done.stderr)
    done = subprocess.run([program, "alerts", "waiting", "--config", config], capture_output=True, text=True,
                          cwd=folder)
    check("`alerts waiting` counts", done.returncode == 0 and "0 wait" in done.stdout, done.stdout)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        out = folder / "out"
        config = folder / "lockstep.toml"
        text = FILE.replace("PORT", str(server.server_port)).replace("KEY", KEY.decode()).replace("OUT", str(out))
        config.write_text(text)
        program = pathlib.Path(sys.argv[1]).resolve()
        watch_daemon(program, config, out)
        check_requests()
        check_command(program, folder, config)
    sys.exit(1 if failures else 0)


main()
