"""Debian's dockerd on a private socket and data root, in a network namespace of its own if that is asked for; nothing of
it is left when it ends. For tests and for bench/run."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAM, CLIENT = "/usr/sbin/dockerd", "/usr/bin/docker"  # of package docker.io


class NoDocker(Exception):
    """It can't be started on this machine; the text says why."""


class DockerDaemon:
    def __init__(self, parent=None, own_network=False):
        """`parent`: where images go; a file system that overlayfs can be on."""
        if not Path(PROGRAM).exists():
            raise NoDocker(f"{PROGRAM} is missing: apt-get install docker.io, or tools/setup docker")
        self.data = Path(tempfile.mkdtemp(prefix="renkei-docker-", dir=parent)).resolve()
        self.run = Path(tempfile.mkdtemp(prefix="renkei-docker-", dir="/run"))  # short, for names of sockets
        self.log = self.data / "log"
        self.own_network = own_network
        self.process = None
        try:
            for options in ([], ["--iptables=false"]):  # some kernels lack what its rules need
                if self.start(options):
                    return
            raise NoDocker("dockerd did not start: " + " | ".join(self.log.read_text(errors="replace").splitlines()[-3:]))
        except BaseException:
            self.close()
            raise

    @property
    def socket(self):
        return self.run / "docker.sock"

    @property
    def pid(self):
        return int((self.run / "pid").read_text())

    def start(self, options=()):
        """Again after stop(), too."""
        space = ["unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"] if self.own_network else []
        command = [*space, PROGRAM, f"--host=unix://{self.socket}", f"--data-root={self.data}/root",
                   f"--exec-root={self.run}/exec", f"--pidfile={self.run}/pid", "--log-level=warn", *options]
        if not self.own_network:
            # What these make would be the machine's, and stay.
            command += ["--bridge=none", "--iptables=false", "--ip-forward=false"]
        self.options = list(options)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.socket.exists() and self.docker("version", check=False).returncode == 0:
                return True
            time.sleep(0.1)
        self.stop()
        return False

    def docker(self, *arguments, check=True, **more):
        done = subprocess.run([CLIENT, "--host", f"unix://{self.socket}", *map(str, arguments)], capture_output=True,
                              text=True, env={**os.environ, "DOCKER_CONFIG": str(self.run)}, timeout=300, **more)
        if check and done.returncode != 0:
            raise RuntimeError(f"docker {' '.join(map(str, arguments))}: {done.stderr}")
        return done

    def popen(self, *arguments, **more):
        return subprocess.Popen([CLIENT, "--host", f"unix://{self.socket}", *map(str, arguments)], text=True,
                                env={**os.environ, "DOCKER_CONFIG": str(self.run)}, **more)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def close(self):
        if self.process is not None and self.process.poll() is None:
            left = self.docker("ps", "--all", "--quiet", check=False).stdout.split()
            if left:
                self.docker("rm", "--force", "--volumes", *left, check=False)
            networks = self.docker("network", "ls", "--quiet", "--filter", "type=custom", check=False).stdout.split()
            if networks:
                self.docker("network", "rm", *networks, check=False)
        self.stop()
        for line in reversed(Path("/proc/mounts").read_text().splitlines()):
            point = line.split()[1]
            if point.startswith((f"{self.data}/", f"{self.run}/")):
                subprocess.run(["umount", "--lazy", point], capture_output=True, check=False)
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.run, ignore_errors=True)
