#!/usr/bin/env python3
"""Rules, metrics and dashboard against a real Prometheus.

Usage: prometheus_test.py SOURCE_DIR LOCKSTEP_PROGRAM
promtool and prometheus are taken from the PATH, or from the folder that LOCKSTEP_PROMETHEUS_DIR names. They are not
among tools/install-packages: Debian's package starts a service. `apt-get download prometheus && dpkg -x prometheus_*.deb
DIR` gives them without. Exit 77, ctest's skip, when they are not there.
"""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

PATIENCE_S = 60


def find(name):
    path = os.environ.get("LOCKSTEP_PROMETHEUS_DIR", "") + os.pathsep + os.environ.get("PATH", "")
    return shutil.which(name, path=path)


def check(what, arguments, text=None):
    done = subprocess.run(arguments, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{what}: {done.stdout}{done.stderr}")
    print(f"{what}: fine")


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def wait_for(what, look):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            found = look()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.1)
    sys.exit(f"{what}: not within {PATIENCE_S} s")


def start_demo(program, folder):
    config = pathlib.Path(folder) / "demo.toml"
    config.write_text("[api]\nport = 0\n")
    log = open(pathlib.Path(folder) / "demo.log", "w+")
    demo = subprocess.Popen([program, "run", "--demo", "--plain", "--config", str(config)], stdout=subprocess.DEVNULL,
                            stderr=log)

    def address():
        if demo.poll() is not None:
            sys.exit(f"the demo ended with {demo.returncode}")
        log.seek(0)
        found = re.search(r"API at http://([0-9.:]+)", log.read())
        return found and found.group(1)

    return demo, wait_for("the demo's address", address)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def expressions(source):
    """Of the dashboard's panels, with Grafana's own variables filled in."""
    dashboard = json.loads((source / "docs/grafana/lockstep.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")


def scrape(prometheus, source, folder, address):
    text = (source / "docs/prometheus/prometheus.yml").read_text()
    text = text.replace("127.0.0.1:8787", address).replace("15s", "1s")
    (pathlib.Path(folder) / "prometheus.yml").write_text(text)
    shutil.copy(source / "docs/prometheus/rules.yml", folder)
    at = f"127.0.0.1:{free_port()}"
    server = subprocess.Popen([prometheus, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
                               f"--web.listen-address={at}", "--log.level=error"])

    def query(expression):
        answer = json.loads(get(f"http://{at}/api/v1/query?" + urllib.parse.urlencode({"query": expression})))
        if answer["status"] != "success":
            sys.exit(f"{expression}: {answer}")
        return answer["data"]["result"]

    try:
        wait_for("closed bars in Prometheus", lambda: [
            row for row in query('sum(lockstep_signals_total{kind="closed"})') if float(row["value"][1]) > 0])
        if not query('up{job="lockstep"} == 1') or query("lockstep_audit_mismatches_total > 0"):
            sys.exit("the scrape does not show a daemon that is well")
        # A rate needs two scrapes.
        wait_for("a latency quantile", lambda: query(
            "histogram_quantile(0.99, sum by (le) (rate(lockstep_signal_latency_seconds_bucket[1m]))) > 0"))
        empty = [expression for expression in expressions(source) if not query(expression)]
        if empty:
            sys.exit("panels of the dashboard without a value: " + "; ".join(empty))
        print(f"scrape: fine, {len(list(expressions(source)))} expressions of the dashboard have values")
        rules = json.loads(get(f"http://{at}/api/v1/rules"))["data"]["groups"][0]["rules"]
        bad = [rule["name"] for rule in rules if rule["health"] == "err"]
        if bad:
            sys.exit(f"rules that cannot be evaluated: {bad}")
    finally:
        server.terminate()
        server.wait(20)


def main():
    source, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    promtool = find("promtool")
    if not promtool:
        print("skipped: there is no promtool (package prometheus; see the head of this file)")
        sys.exit(77)
    folder_of_rules = source / "docs/prometheus"
    check("rules", [promtool, "check", "rules", folder_of_rules / "rules.yml"])
    check("tests of the rules", [promtool, "test", "rules", folder_of_rules / "rules_test.yml"])
    check("configuration", [promtool, "check", "config", folder_of_rules / "prometheus.yml"])
    with tempfile.TemporaryDirectory() as folder:
        demo, address = start_demo(program, folder)
        try:
            check("metrics", [promtool, "check", "metrics"], get(f"http://{address}/metrics"))
            prometheus = find("prometheus")
            if prometheus:
                scrape(prometheus, source, folder, address)
        finally:
            demo.terminate()
        if demo.wait(20) != 0:
            sys.exit(f"the demo ended with {demo.returncode}")


main()
