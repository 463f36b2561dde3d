"""A server that has nothing to do does nothing."""

import time
from pathlib import Path

from server import Server


def wake_ups(pid):
    """How often the threads of a process have gone to sleep and were woken, by thread."""
    counts = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        lines = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())
        counts[task.name, lines["Name"].strip()] = int(lines["voluntary_ctxt_switches"])
    return counts


def test_an_idle_server_sleeps():
    server = Server().start()
    try:
        server.health()
        time.sleep(3)  # the end of the start, and of that connection
        kept = (server.data / "clock.seen").stat().st_mtime_ns
        before = wake_ups(server.process.pid)
        time.sleep(12)
        after = wake_ups(server.process.pid)
        woken = {thread: count - before.get(thread, 0) for thread, count in after.items()}
        assert sum(woken.values()) <= 6, woken  # the strand looks at the clock every ten seconds while it owes something
        assert (server.data / "clock.seen").stat().st_mtime_ns == kept, "it writes down the time"
    finally:
        server.remove()
