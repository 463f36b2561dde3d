"""What of a machine a server may change, to compare before and after: network namespaces, nft tables, links, mounts,
cgroups, processes, the option that lets it route. Other servers on the machine, with other data, don't count."""

import os
import re
import subprocess
from pathlib import Path


def digits(text, count):
    """As src/linux/network/names.cpp makes short names."""
    value = 14695981039346656037
    for byte in text.encode():
        value = (value ^ byte) * 1099511628211 % 2**64
    out = ""
    for _ in range(count):
        out, value = out + "0123456789abcdef"[value & 15], value >> 4
    return out


def read(path):
    try:
        return Path(path).read_text(errors="replace")
    except OSError:  # it ended meanwhile
        return ""


class Host:
    """`tasks` and `networks` are ids that belong to the server: add them as they come to be."""

    def __init__(self, data):
        self.data = str(data)
        self.prefix = f"renkei-{digits(os.path.realpath(self.data), 8)}-"
        self.tasks, self.networks = set(), set()
        self.before = self.look()

    def look(self):
        return {"namespaces": self.namespaces(), "tables": self.tables(), "links": self.links(), "mounts": self.mounts(),
                "cgroups": self.cgroups(), "processes": self.processes(), "forwarding": self.forwarding()}

    def new(self):
        """What is there and was not before, by kind; nothing is {}."""
        now, out = self.look(), {}
        for kind, things in now.items():
            if more := sorted(thing for thing in things - self.before[kind] if self.is_ours(kind, thing)):
                out[kind] = more
        return out

    def is_ours(self, kind, thing):
        if kind in ("namespaces", "tables"):
            found = re.search(r"renkei[-_](\w+?)[-_]", thing)
            return not found or found[1] == self.prefix.split("-")[1]
        if kind == "links":
            own = {"rk" + digits(self.prefix + network, 13) for network in self.networks}
            return not re.fullmatch(r"rk[0-9a-f]{13}", thing) or thing in own
        if kind == "mounts":
            return self.data in thing or self.prefix in thing
        if kind == "cgroups":
            if re.search("/renkei(/conmon)?$", thing):
                return not any(re.search("/renkei/[0-9a-f]{32}", other) for other in self.cgroups())
            return any(task in thing for task in self.tasks)
        if kind == "processes":
            return self.data in thing or any(task in thing for task in self.tasks)
        return not any(re.fullmatch(r"rk[0-9a-f]{13}", link) for link in self.links())

    @staticmethod
    def namespaces():
        folder = Path("/run/netns")
        return {entry.name for entry in folder.iterdir()} if folder.exists() else set()

    @staticmethod
    def tables():
        listed = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True)
        return set(listed.stdout.splitlines())

    @staticmethod
    def links():
        return {entry.name for entry in Path("/sys/class/net").iterdir()}

    @staticmethod
    def mounts():
        return {line.split()[4] for line in read("/proc/self/mountinfo").splitlines() if "renkei" in line}

    @staticmethod
    def cgroups():
        return {folder for folder, _, _ in os.walk("/sys/fs/cgroup") if "renkei" in folder}

    @staticmethod
    def processes():
        """Of servers and their containers, as "cgroups command"; without pids, as any may come back with another."""
        found = set()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            command = read(entry / "cmdline").replace("\0", " ")
            groups = " ".join(set(re.findall(r"/renkei/\S+", read(entry / "cgroup"))))
            if groups or "renkei" in command:
                found.add(f"{groups} {command}")
        return found

    @staticmethod
    def forwarding():
        return {f"{name}={read('/proc/sys/net/ipv4/' + name).strip()}"
                for name in ("ip_forward", "conf/all/accept_redirects")}

    def containers(self, task):
        """Process ids of a task's containers, without their conmon."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and f"/renkei/{task}/" in read(entry / "cgroup"):
                found.append(int(entry.name))
        return sorted(found)

    def watchers(self, task):
        """Process ids of the conmons of a task."""
        return [int(entry.name) for entry in Path("/proc").iterdir()
                if entry.name.isdigit() and read(entry / "cmdline").startswith("conmon\0")
                and task in read(entry / "cmdline")]
