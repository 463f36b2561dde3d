"""Processes that `bench/run` starts and measures: the bare reply server, renkei, and the load generator.

Everything listens on free ports of loopback, lives in one scratch directory, and ends with the run whatever happens.
"""

import datetime
import hashlib
import hmac
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ACCESS_KEY, SECRET_KEY, REGION = "AKIDBENCH", "bench-secret", "us-east-1"
ENVIRONMENT = {**os.environ, "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
               "AWS_DEFAULT_REGION": REGION}
for unwanted in ("AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
    ENVIRONMENT.pop(unwanted, None)
TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


class Failed(Exception):
    """A line that could not be measured; the text says why."""


def cpu_seconds(pid):
    """User and system time of all threads (proc(5): fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise Failed(f"process {pid} has no memory: it ended")


def written_bytes(pid):
    """What the process caused to be sent to the disk (proc(5): io, write_bytes)."""
    for line in Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    raise Failed(f"/proc/{pid}/io tells no write_bytes")


def busy_seconds():
    """Processor time of the whole machine that was not idle."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, seconds=20):
    """Until something listens there; False if the process ends or the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


def end(process, patience=20):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Bare:
    """bench/bare.cpp: the bound."""

    def __init__(self, build):
        self.process = subprocess.Popen([build / "bench" / "bench_bare"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.port = int(self.process.stdout.readline())
        self.pid = self.process.pid

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        end(self.process)


class Renkei:
    """A durable server that verifies signatures."""

    def __init__(self, build, scratch, name):
        self.binary = build / "renkei"
        self.data = scratch / name
        self.log = scratch / f"{name}.log"
        self.keys = scratch / "keys"
        self.keys.write_text(f"{ACCESS_KEY} {SECRET_KEY}\n")
        self.port = free_port()
        self.process = None
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def spawn(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data", self.data, "--port", str(self.port), "--auth", "strict", "--keys",
                 self.keys], stdout=log, stderr=log, env=ENVIRONMENT)

    def start(self):
        """Returns the seconds from starting the process to the first answer of SQS."""
        begun = time.perf_counter()
        self.spawn()
        while time.perf_counter() - begun < 120:
            try:
                status, _ = self.call("ListQueues", {})
                if status == 200:
                    return time.perf_counter() - begun
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.001)
        self.close()
        raise Failed("renkei serve did not answer: " + self.log.read_text(errors="replace")[-500:])

    def call(self, operation, parameters):
        return sqs_call(self.port, operation, parameters)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process is not None:
            end(self.process)

    def remove(self):
        self.close()
        shutil.rmtree(self.data, ignore_errors=True)

    def remove_tasks(self):
        """For a server that had any: the machine is then as before."""
        self.close()
        subprocess.run([self.binary, "doctor", "--data", self.data, "--remove-containers"], check=False,
                       capture_output=True, timeout=120)
        self.remove()

    @staticmethod
    def environment():
        return ENVIRONMENT


# Service: the prefix of its operations in X-Amz-Target, and the version of its JSON.
TARGETS = {"sqs": ("AmazonSQS", "1.0"), "ecs": ("AmazonEC2ContainerServiceV20141113", "1.1"),
           "logs": ("Logs_20140328", "1.1")}


def sqs_call(port, operation, parameters):
    return service_call(port, "sqs", operation, parameters)


def service_call(port, service, operation, parameters):
    """One signed request on a connection of its own; (status, parsed body)."""
    target, version = f"{TARGETS[service][0]}.{operation}", TARGETS[service][1]
    body = json.dumps(parameters).encode()
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    host, scope = f"127.0.0.1:{port}", f"{now[:8]}/{REGION}/{service}/aws4_request"
    names = "content-type;host;x-amz-date;x-amz-target"
    canonical = (f"POST\n/\n\ncontent-type:application/x-amz-json-{version}\nhost:{host}\nx-amz-date:{now}\n"
                 f"x-amz-target:{target}\n\n{names}\n{hashlib.sha256(body).hexdigest()}")
    to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + SECRET_KEY).encode()
    for part in [*scope.split("/"), to_sign]:
        key = hmac.new(key, part.encode(), "sha256").digest()
    head = (f"POST / HTTP/1.1\r\nHost: {host}\r\nX-Amz-Target: {target}\r\n"
            f"Content-Type: application/x-amz-json-{version}\r\nX-Amz-Date: {now}\r\nConnection: close\r\n"
            f"Authorization: AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={names}, "
            f"Signature={key.hex()}\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head + body)
        reply = b""
        while piece := connection.recv(65536):
            reply += piece
    if not reply:
        raise ConnectionError("closed without an answer")
    answer_head, _, answer = reply.partition(b"\r\n\r\n")
    return int(answer_head.split()[1]), json.loads(answer) if answer.strip() else {}


class Load:
    """What one `renkei bench` reported, with how busy the rest of the machine was meanwhile."""

    def __init__(self, figures, others):
        self.figures = figures
        self.others = others  # cores that neither the server nor the generator used

    @property
    def messages(self):
        return self.figures["messages"]

    @property
    def per_second(self):
        return self.figures["messages"] / self.figures["seconds"]

    @property
    def cpu_us(self):
        """The server's processor time per message, in microseconds."""
        return self.figures["server_cpu_seconds"] * 1e6 / max(1, self.messages)

    def p99_us(self, operation):
        return self.figures["latency_us"][operation]["p99"]


class Run:
    """One run of the comparison: its settings, what it started, and what it noticed."""

    def __init__(self, build, scratch_parent, quick, rounds, seconds, depth, say):
        self.build, self.quick, self.rounds, self.seconds, self.say = build, quick, rounds, seconds, say
        self.depth = depth  # of the deepest queue; FIFO queues get a tenth
        self.scratch = Path(tempfile.mkdtemp(prefix="renkei-bench-", dir=scratch_parent))
        self.things = []
        self.noise = []  # of each load: cores used by others
        self.shared = {}  # servers that several lines use, by name

    def bare(self):
        if "bare" not in self.shared:
            self.shared["bare"] = self.keep(Bare(self.build))
        return self.shared["bare"]

    def server(self, name):
        return self.keep(Renkei(self.build, self.scratch, name))

    def keep(self, thing):
        self.things.append(thing)
        return thing

    def load(self, url, pid, *arguments, seconds=None, messages=None, connections=64, allow_errors=False):
        command = [self.build / "renkei", "bench", "--endpoint", url, "--json", "--connections", str(connections)]
        command += ["--pid", str(pid)] if pid else []
        command += ["--messages", str(messages)] if messages else ["--duration", str(seconds or self.seconds)]
        command += map(str, arguments)
        busy, before = busy_seconds(), cpu_seconds(pid) if pid else 0
        children, begun = os.times(), time.monotonic()
        try:
            done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=3600)
        except subprocess.TimeoutExpired:
            raise Failed("the load did not end within an hour") from None
        took = time.monotonic() - begun
        if not done.stdout.startswith("{"):
            raise Failed("renkei bench: " + (done.stderr.strip().splitlines() or ["no answer"])[-1])
        after = os.times()
        own = after.children_user + after.children_system - children.children_user - children.children_system
        ours = own + (cpu_seconds(pid) - before if pid else 0)
        others = max(0.0, (busy_seconds() - busy - ours) / took)
        if pid:  # of a peer without a pid, its own time would count as noise
            self.noise.append(others)
        load = Load(json.loads(done.stdout), others)
        if load.figures["errors"] and not allow_errors:
            raise Failed("errors: " + ", ".join(f"{n:.0f} x {code}" for code, n in load.figures["errors"].items()))
        return load

    def bare_load(self):
        bare = self.bare()
        return self.load(bare.url, bare.pid, "--queue-url", f"{bare.url}/000000000000/bare")

    def disk(self):
        """Microseconds of an append with its fdatasync where the data is: {"p50_us", "p99_us"}."""
        done = subprocess.run([self.build / "bench" / "bench_disk", self.scratch], capture_output=True, text=True,
                              check=True)
        return json.loads(done.stdout)

    def close(self):
        for thing in reversed(self.things):
            thing.close()
        shutil.rmtree(self.scratch, ignore_errors=True)
