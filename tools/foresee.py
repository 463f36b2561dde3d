"""What `renkei simulate` says of a run of examples/sqs-fargate that was watched live. Standard library only."""

import calendar
import json
import re
import statistics
import subprocess
import time
from pathlib import Path


def arrivals(lines, origin):
    """Seconds since the origin (milliseconds) at which the producer sent, from its log as `renkei logs --json` prints it."""
    found = (re.fullmatch(r"INFO:root:(\d{10})", json.loads(line)["message"]) for line in lines)
    return [(int(one.group(1)) - origin / 1000, 1) for one in found if one]


def launch_seconds(samples, service):
    """From a new desired count to as many running tasks, in the cloud's time, as far as the samples tell."""
    spans, since, last = [], None, None
    for sample in samples:
        row = next((row for row in sample["services"] if row["name"] == service), None)
        if row is None:
            continue
        if last is not None and row["desired"] > last:
            since = sample["unix_millis"]
        if since is not None and row["running"] >= row["desired"]:
            spans.append((sample["unix_millis"] - since) / 1000)
            since = None
        last = row["desired"]
    return statistics.median(spans) if spans else 20


def call_seconds(lines, work):
    """What a request to the queue takes a consumer, in the cloud's time: from one verdict to the next lie the work and
    two requests. In time-lapse a millisecond of the machine counts as many as the speed."""
    streams, gaps = {}, []
    for line in lines:
        row = json.loads(line)
        if re.search(r"is (even|odd)\.$", row["message"]):
            at = calendar.timegm(time.strptime(row["time"][:19].replace("T", " "), "%Y-%m-%d %H:%M:%S"))
            last = streams.get(row["stream"])
            if last is not None and at - last < work * 1.5 + 3:
                gaps.append(at - last)
            streams[row["stream"]] = at
    return max((statistics.mean(gaps) - work) / 2, 0.01) if gaps else 0.01


def simulate(binary, templates, region, queue, consumer, parameters, trace, launch, call, origin, end, directory,
             seed=1):
    """The same templates and arrivals under the virtual clock, from the origin to the end (milliseconds)."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    start = origin // 1000 * 1000
    rows = "".join(f"{at:.3f},{count}\n" for at, count in trace if at >= 0)
    (directory / "arrivals.csv").write_text("at,messages\n" + rows)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start / 1000))
    (directory / "workload.yaml").write_text(f"""\
# What was measured live.
start: {stamp}
call: {call:.3f}s
launch: {{network: {max(launch - 1, 0):.1f}s, pull: 500ms, start: 500ms, exit: 0s, release: 1s}}
services:
  {consumer}:
    consume: {{queue: {queue}, time: {parameters.get("Interval", 60)}s, sigterm: drop}}
arrivals: {{queue: {queue}, trace: arrivals.csv}}
""")
    command = [binary, "simulate", *templates, "--workload", directory / "workload.yaml", "--region", region,
               "--for", f"{(end - start) / 1000:.0f}s", "--out", directory, "--json",
               "--seed", str(seed)]
    for key, value in parameters.items():
        command += ["--parameter", f"{key}={value}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"renkei simulate: {done.stderr.strip()}")
    return json.loads((directory / "result.json").read_text())
