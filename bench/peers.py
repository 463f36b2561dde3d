"""Stores that people use as queues, each started by the run on free ports with a temporary directory, durable at each
acknowledgement, and measured by the load generator that comes with it."""

import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from harness import Failed, end, free_port, wait_for_port


CONNECTING = 5  # seconds that pgbench's clients get for connecting; its rate leaves them out


class Redis:
    """LPUSH of Debian's redis with appendfsync always.

    The package redis-tools holds the server too, under another name, and starts no service when it is installed."""

    @staticmethod
    def binary():
        return shutil.which("redis-server") or shutil.which("redis-check-rdb")

    @classmethod
    def missing(cls):
        return "" if cls.binary() and shutil.which("redis-benchmark") else "redis is not installed: tools/setup bench"

    def __init__(self, scratch):
        self.port = free_port()
        data = scratch / "redis"
        data.mkdir()
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(data), "--save", "",
             "--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"],
            executable=self.binary(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not wait_for_port(self.port, self.process):  # its benchmark would wait for ever
            self.close()
            raise Failed("redis does not start")

    def benchmark(self, connections, count, size):
        return subprocess.run(["redis-benchmark", "-p", str(self.port), "-c", str(connections), "-n", str(count), "-d",
                               str(size), "-t", "lpush", "--csv"], capture_output=True, text=True, check=False,
                              timeout=300)

    def rate(self, connections, seconds, size):
        count = 20_000
        while True:  # it takes a number of requests, not a time: as many as take about so long
            begun = time.monotonic()
            done = self.benchmark(connections, count, size)
            took = time.monotonic() - begun
            if took >= seconds / 2:
                break
            count = int(count * min(10, 0.8 * seconds / max(took, 0.01)) + 1)
        found = re.search(r'^"LPUSH","([\d.]+)"', done.stdout, re.M)
        if not found:
            raise Failed("redis-benchmark said nothing of LPUSH")
        return float(found.group(1))

    def close(self):
        end(self.process)


class Postgres:
    """Inserts of one row each in its own transaction, synchronous_commit on."""

    @staticmethod
    def directory():
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
        return Path(found[-1]) if found else None

    @classmethod
    def missing(cls):
        place = cls.directory()
        if place is None or not (place / "postgres").exists():
            return "postgresql is not installed: tools/setup bench"
        if shutil.which("pgbench") is None and not (place / "pgbench").exists():
            return "pgbench is not installed: tools/setup bench"
        return ""

    def __init__(self, scratch):
        self.place = self.directory()
        # It refuses to run as root, and its user may not come into every directory of root's: then beside, on the same
        # disk.
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.data = Path(tempfile.mkdtemp(prefix="renkei-bench-", dir="/var/tmp" if self.user else scratch))
        if self.user:
            if self.data.stat().st_dev != scratch.stat().st_dev:
                self.data.rmdir()
                raise Failed("as root, PostgreSQL is measured in /var/tmp, and that is another disk than --data")
            shutil.chown(self.data, "postgres")
        self.port = free_port()
        self.process = None
        self.command("initdb", "-D", str(self.data / "db"), "-A", "trust", "-U", "bench", "--no-instructions")
        self.process = subprocess.Popen(
            [*self.user, self.place / "postgres", "-D", self.data / "db", "-p", str(self.port), "-h", "127.0.0.1", "-k",
             self.data, "-c", "synchronous_commit=on", "-c", "fsync=on", "-c", "max_connections=100"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.data)
        wait_for_port(self.port, self.process)
        for _ in range(200):  # it listens before it is ready
            if self.sql("select 1").returncode == 0 or self.process.poll() is not None:
                break
            time.sleep(0.05)
        done = self.sql("create table messages (id bigserial primary key, body text not null)")
        if done.returncode != 0:
            self.close()
            raise Failed("postgres: " + done.stderr.strip())

    def command(self, name, *arguments):
        path = self.place / name
        done = subprocess.run([*self.user, path if path.exists() else name, *arguments], capture_output=True, text=True,
                              check=False, cwd=self.data, timeout=300)
        if done.returncode != 0:
            raise Failed(f"{name}: {done.stderr.strip()[-300:]}")
        return done

    def sql(self, text):
        return subprocess.run(["psql", *self.address(), "-d", "postgres", "-c", text], capture_output=True, text=True,
                              check=False, timeout=60)

    def address(self):
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "bench"]

    def rate(self, connections, seconds, size):
        script = self.data / "insert.sql"
        script.write_text(f"insert into messages (body) values ('{'x' * size}');\n")
        script.chmod(0o644)
        done = self.command("pgbench", "-n", *self.address(), "-c", str(connections), "-j", "1", "-T",
                            str(round(seconds + CONNECTING)), "-M", "prepared", "-f", str(script), "postgres")
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        if not found or float(found.group(1)) == 0:
            raise Failed("pgbench: " + (done.stderr.strip() or done.stdout.strip())[-300:])
        return float(found.group(1))

    def close(self):
        if self.process is not None:
            try:  # not runuser, which is only its parent; SIGINT is its "fast shutdown"
                os.kill(int((self.data / "db" / "postmaster.pid").read_text().split()[0]), signal.SIGINT)
                self.process.wait(20)
            except (OSError, ValueError, subprocess.TimeoutExpired):
                pass
            end(self.process)
        shutil.rmtree(self.data, ignore_errors=True)
