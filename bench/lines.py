"""The lines of the comparison. Each measures one or more figures against its goal; docs/bench.md says how and why."""

import statistics
import time
from dataclasses import dataclass, field

import launch as launching
import peers
from harness import MIB, Failed, cpu_seconds, resident_bytes, written_bytes

MESSAGE = 1024  # bytes, the load generator's own default
CONNECTIONS = 64
FEW = 20  # messages of a load that say nothing
LINES = {}  # name: (what it is, goal in words, function), in the order of the goals


@dataclass
class Figure:
    name: str
    value: float | None  # None: not measured, `note` says why
    unit: str
    goal: float | str  # in words where nothing was measured
    above: bool = False  # the goal is a lower bound
    optional: bool = False  # what it needs may be missing
    note: str = ""
    details: dict = field(default_factory=dict)

    @property
    def verdict(self):
        if self.value is None:
            return "none" if self.optional else "short"
        return "ok" if (self.value > self.goal if self.above else self.value <= self.goal) else "short"


def line(name, goal, title):
    def register(measure):
        LINES[name] = (title, goal, measure)
        return measure
    return register


def median(values):
    return statistics.median(values)


def ratio_to_bare(run, name, goal, prepare, arguments):
    """Median over the rounds of CPU per message to the CPU of a bare reply measured just before it."""
    ratios, bares, costs, rates = [], [], [], []
    server = run.server(name.replace(" ", "-"))
    for number in range(run.rounds):
        queue = f"q{number}"
        prepare(server, queue)
        bare = run.bare_load()
        load = run.load(server.url, server.pid, "--queue", queue, *arguments)
        bares.append(bare.cpu_us)
        costs.append(load.cpu_us)
        ratios.append(load.cpu_us / bare.cpu_us)
        rates.append(load.per_second)
    server.remove()
    note = f"{median(costs):.2f} us to {median(bares):.2f} us bare, {median(rates):,.0f} messages/s"
    return [Figure(name, median(ratios), "x bare", goal, note=note,
                   details={"cpu_us": costs, "bare_us": bares, "messages_per_second": rates})]


@line("send", "<= 2 x bare", "CPU time per durable SendMessage, 64 connections, signatures verified, to a bare reply's")
def send(run):
    return ratio_to_bare(run, "send", 2.0, lambda *_: None, ["--mix", "send"])


@line("batch", "<= 0.45 x bare", "CPU time per message of SendMessageBatch(10), to a bare reply's")
def batch(run):
    return ratio_to_bare(run, "batch", 0.45, lambda *_: None, ["--mix", "send", "--batch", 10])


@line("receive", "<= 0.5 x bare",
      "CPU time per message of ReceiveMessage(10) and DeleteMessageBatch(10), to a bare reply's")
def receive(run):
    backlog = 100_000 if run.quick else 600_000

    def fill(server, queue):
        run.load(server.url, server.pid, "--batch", 10, "--queue", queue, "--keep", messages=backlog)

    return ratio_to_bare(run, "receive+delete", 0.5, fill, ["--mix", "drain", "--batch", 10])


class Deep:
    """A server with a standard queue that is filled step by step; lines share it, as filling takes minutes."""

    def __init__(self, run):
        self.run = run
        self.server = run.server("deep")
        self.depth = 0

    def fill(self, depth):
        if depth > self.depth:
            self.run.say(f"filling the queue to {depth:,} messages")
            self.run.load(self.server.url, self.server.pid, "--batch", 10, "--queue", "deep", "--keep",
                          messages=depth - self.depth)
            self.depth = depth


def deep(run, depth):
    if "deep" not in run.shared:
        run.shared["deep"] = Deep(run)
    run.shared["deep"].fill(depth)
    return run.shared["deep"].server


def power(depth):
    return f"10^{len(str(depth)) - 1}" if str(depth).strip("0") == "1" else f"{depth:,}"


def compare_depth(run, server, name, operation, shallow, deep_queue, arguments, connections):
    """The same load on an empty queue and on the deep one of the same server, in turn."""
    ratios, empty, full = [], [], []
    for _ in range(run.rounds):
        for queue, costs in ((shallow, empty), (deep_queue, full)):
            load = run.load(server.url, server.pid, *arguments, "--queue", queue, "--keep", connections=connections)
            if load.messages < FEW:
                raise Failed(f"{name}, {operation}: only {load.messages:.0f} messages went through")
            costs.append(load.cpu_us)
        ratios.append(full[-1] / empty[-1])
    note = f"{median(full):.2f} us to {median(empty):.2f} us at depth 0"
    return Figure(f"{name}: {operation}", median(ratios), "x depth 0", 1.15, note=note,
                  details={"cpu_us": full, "cpu_us_at_0": empty})


SINGLE = [("send", ["--mix", "send"]), ("send+receive+delete", ["--mix", "cycle"]),
          ("the same by batches", ["--mix", "cycle", "--batch", 10])]
BATCHES = [("send by batches", ["--mix", "send", "--batch", 10]),
           ("send+receive+delete by batches", ["--mix", "cycle", "--batch", 10])]


@line("depth", "<= 1.15 x depth 0", "CPU time of operations on a deep standard queue, to an empty one's")
def depth(run):
    figures = []
    for messages in (run.depth // 10, run.depth):
        server = deep(run, messages)
        for operation, arguments in SINGLE:
            shallow = f"empty-{messages}-{len(figures)}"
            figures.append(compare_depth(run, server, f"depth {power(messages)}", operation, shallow, "deep", arguments,
                                         CONNECTIONS))
    return figures


def fifo_depth(run, groups, connections):
    messages = run.depth // 10
    groups = min(groups, messages // 10)
    server = run.server(f"fifo-{groups}")
    fifo = ["--fifo-groups", groups]
    run.say(f"filling a FIFO queue to {messages:,} messages in {groups:,} groups")
    run.load(server.url, server.pid, "--batch", 10, "--queue", "deep", "--keep", *fifo, messages=messages)
    name = f"FIFO {power(messages)}, {groups:,} group{'s' if groups > 1 else ''}"
    figures = [compare_depth(run, server, name, operation, f"empty-{number}", "deep", [*arguments, *fifo], connections)
               for number, (operation, arguments) in enumerate(BATCHES)]
    server.remove()
    return figures


@line("fifo", "<= 1.15 x depth 0",
      "CPU time of operations on a deep FIFO queue of one group and of 10^5 groups, to an empty one's")
def fifo(run):
    # One group is handed out to one consumer at a time: with more connections, most of them would wait for it.
    return fifo_depth(run, 1, 1) + fifo_depth(run, 10**5, CONNECTIONS)


@line("memory", "<= 400 MiB", "resident memory with the backlog")
def memory(run):
    server = deep(run, run.depth)
    value = resident_bytes(server.pid) / MIB
    return [Figure(f"memory at {power(run.depth)}", value, "MiB", 400, note="as it was filled and worked on")]


@line("start", "<= 300 ms", "time from start to first reply with the backlog on disk, page cache warm")
def start(run):
    server = deep(run, run.depth)
    times = {}
    for how, stop in (("", server.close), (" after kill -9", server.kill)):
        times[how] = []
        for _ in range(run.rounds):
            stop()
            times[how].append(server.start() * 1000)
    status, answer = server.call("ReceiveMessage", {"QueueUrl": f"{server.url}/000000000000/deep"})
    if status != 200 or not answer.get("Messages"):
        raise Failed(f"after the restart the queue gave {status} {str(answer)[:200]}")
    resident = resident_bytes(server.pid) / MIB
    figures = [Figure(f"start with {power(run.depth)}{how}", median(each), "ms", 300, details={"ms": each})
               for how, each in times.items()]
    figures[-1].note = "the log's tail is read again"
    return [*figures, Figure("memory after the restart", resident, "MiB", 400)]


@line("written", "<= 3 x size", "bytes written to disk per message sent, received and deleted, to its size")
def written(run):
    figures = []
    for name, arguments in (("single requests", []), ("batches of 10", ["--batch", 10])):
        server = run.server(f"written-{len(figures)}")
        before = written_bytes(server.pid)
        load = run.load(server.url, server.pid, "--mix", "cycle", *arguments, messages=20_000 if run.quick else 200_000)
        time.sleep(2)  # what it writes behind belongs to it
        value = (written_bytes(server.pid) - before) / load.figures["deleted"] / MESSAGE
        figures.append(Figure(f"written, {name}", value, "x size", 3, note=f"{load.per_second:,.0f} cycles/s"))
        server.remove()
    return figures


@line("polls", "<= 1 % of a core", "10,000 idle long polls, in percent of a core")
def polls(run):
    count = 1_000 if run.quick else 10_000
    server = run.server("polls")
    figures = []
    for name, seconds in (("waiting", 12), ("renewed every 20 s", 40)):  # the first ends before the polls do
        load = run.load(server.url, server.pid, "--mix", "poll", "--warm-up", 4, seconds=seconds, connections=count)
        value = 100 * load.figures["server_cpu_seconds"] / load.figures["seconds"]
        figures.append(Figure(f"{count:,} idle polls, {name}", value, "% of a core", 1))
        if seconds == 12 and load.figures["requests"] > 0:
            figures[-1].note = f"{load.figures['requests']:.0f} were answered early"
    figures[-1].note = f"{resident_bytes(server.pid) / MIB:.0f} MiB resident"
    server.remove()
    return figures


@line("redis", "> 1 x", "throughput of fsynced sends, to Redis LPUSH with appendfsync always")
def redis(run):
    return [against(run, "Redis LPUSH", peers.Redis)]


@line("postgres", "> 1 x", "throughput of fsynced sends, to PostgreSQL inserts")
def postgres(run):
    return [against(run, "PostgreSQL insert", peers.Postgres)]


def against(run, name, kind):
    missing = kind.missing()
    if missing:
        return Figure(f"send to {name}", None, "x", 1.0, above=True, optional=True, note=missing)
    peer = run.keep(kind(run.scratch))
    ours, theirs = [], []
    for number in range(run.rounds):
        theirs.append(peer.rate(CONNECTIONS, run.seconds, MESSAGE))
        ours.append(renkei_rate_once(run, number))
    peer.close()
    note = f"{median(ours):,.0f}/s to {median(theirs):,.0f}/s"
    return Figure(f"send to {name}", median(o / t for o, t in zip(ours, theirs)), "x", 1.0, above=True, note=note,
                  details={"renkei": ours, "peer": theirs})


def renkei_rate_once(run, number):
    if "rate" not in run.shared:
        run.shared["rate"] = run.server("rate")
    server = run.shared["rate"]
    return run.load(server.url, server.pid, "--mix", "send").per_second


@line("latency", "<= 5 x fdatasync", "p99 of a durable send at half of maximum load, to the disk's median fdatasync")
def latency(run):
    server = run.server("latency")
    most = run.load(server.url, server.pid, "--mix", "send", "--queue", "most").per_second
    ratios, p99s, syncs, slow_syncs = [], [], [], []
    for number in range(run.rounds):
        before = run.disk()
        load = run.load(server.url, server.pid, "--mix", "send", "--rate", round(most / 2), "--queue", f"half-{number}")
        after = run.disk()
        syncs.append(median([before["p50_us"], after["p50_us"]]))
        slow_syncs.append(max(before["p99_us"], after["p99_us"]))  # what no log on this disk can do better than
        if load.figures["unsent_requests"] > most / 2:  # a second behind: not half of what it can do
            raise Failed(f"half of {most:,.0f}/s was too much: the maximum was measured wrong")
        p99s.append(load.p99_us("SendMessage"))
        ratios.append(p99s[-1] / syncs[-1])
    server.remove()
    note = (f"{median(p99s):,.0f} us at {most / 2:,.0f}/s, fdatasync {median(syncs):,.0f} us, "
            f"its own p99 {median(slow_syncs):,.0f} us")
    return [Figure("p99 at half load", median(ratios), "x fdatasync", 5, note=note,
                   details={"p99_us": p99s, "fdatasync_p50_us": syncs, "fdatasync_p99_us": slow_syncs,
                            "most_per_second": most})]


@line("launch", "<= 200 ms", "from UpdateService to a container's first instruction; 100 tasks; memory per idle task")
def launch(run):
    return launching.measure(run, Figure)


def endpoint(run, name, url, pid):
    """A peer that speaks SQS, the same loads; no goal but to be faster."""
    figures = []
    server = run.server("peer")
    for what, arguments in (("send", ["--mix", "send"]), ("send by batches", ["--mix", "send", "--batch", 10]),
                            ("send+receive+delete by batches", ["--mix", "cycle", "--batch", 10])):
        theirs = run.load(url, pid, *arguments, allow_errors=True)
        ours = run.load(server.url, server.pid, *arguments)
        note = f"{ours.per_second:,.0f}/s to {theirs.per_second:,.0f}/s"
        if pid:
            note += f", {ours.cpu_us:.1f} us to {theirs.cpu_us:.1f} us of CPU"
        if theirs.figures["errors"]:
            note += f", its errors: {theirs.figures['errors']}"
        ratio = ours.per_second / theirs.per_second if theirs.messages > 0 else None
        figures.append(Figure(f"{what} to {name}", ratio, "x", 1, above=True, optional=True, note=note))
    server.remove()
    return figures
