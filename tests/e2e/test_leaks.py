"""Tasks outlive a server that is killed, whole; and whatever starts, ends and is killed, the machine is afterwards what
it was. RENKEI_CHURN makes a longer run (500: five minutes)."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from conftest import needs_root
from host_state import Host
from server import Server, until
from small_tasks import SmallTasks

pytestmark = needs_root()

CHURN = int(os.environ.get("RENKEI_CHURN", "60"))
TASKS = 20
AT_ONCE = 10  # tasks during the churn


def milliseconds():
    return int(time.time() * 1000)


@pytest.fixture
def place():
    """A server on a machine that was looked at before."""
    server = Server()
    host = Host(server.data)
    server.start()
    yield server, host
    server.remove()


def wait_for_none(tasks):
    def ended():
        return not tasks.ids() and all(one["lastStatus"] == "STOPPED"
                                       for one in tasks.describe(tasks.ids("STOPPED")).values())
    until(ended, 120, "all tasks stopped", every=0.5)


def assert_as_before(host, seconds=30):
    """Nothing new is on the machine but the server itself."""
    def rest():
        found = host.new()
        found["processes"] = [line for line in found.get("processes", []) if " serve --data " not in line]
        return {kind: things for kind, things in found.items() if things}
    deadline = time.monotonic() + seconds
    while (found := rest()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not found, found


def test_twenty_tasks_outlive_their_server(place):
    server, host = place
    tasks = SmallTasks(server)
    vpc, network = tasks.private()
    host.networks.add(vpc)
    tasks.ecs.create_service(cluster="c", serviceName="s", taskDefinition="small", launchType="FARGATE",
                             desiredCount=TASKS, networkConfiguration=network)
    service = lambda: tasks.ecs.describe_services(cluster="c", services=["s"])["services"][0]  # noqa: E731
    until(lambda: service()["runningCount"] == TASKS, 120, f"{TASKS} running tasks", every=0.3)
    ids = tasks.ids()
    host.tasks.update(ids)
    until(lambda: all("reached" in tasks.lines().get(task, []) for task in ids), 60, "an answer for each task", every=1)

    def seen():
        described = tasks.describe(ids)
        return {task: (one["lastStatus"], one["startedAt"], one["containers"][0]["runtimeId"],
                       one["containers"][0]["networkInterfaces"][0]["privateIpv4Address"], tuple(host.watchers(task)))
                for task, one in described.items()}
    before, on_machine = seen(), host.new()
    first = {task: host.containers(task)[0] for task in ids}
    for _ in range(3):
        server.kill()
        server.start()
        tasks.connect()
        killed = milliseconds()
        until(lambda: all("reached" in tasks.lines(killed).get(task, []) for task in ids), 60,
              "an answer for each task after the kill", every=1)
        assert seen() == before
        assert {task: host.containers(task)[0] for task in ids} == first
        now = host.new()
        for kind in ("namespaces", "tables", "links", "mounts", "cgroups"):
            assert now.get(kind) == on_machine.get(kind)
    assert sorted(tasks.ids()) == sorted(ids) and not tasks.ids("STOPPED")
    tasks.ecs.delete_service(cluster="c", service="s", force=True)
    until(lambda: not tasks.ids(), 120, "no task left", every=0.5)
    assert_as_before(host)


class Churn:
    """Whatever may happen to tasks and to their server, at random, and nobody waits for anything to be finished."""

    def __init__(self, server, host, tasks, networks, seed):
        self.server, self.host, self.tasks, self.networks = server, host, tasks, networks
        self.random = random.Random(seed)
        self.counts = {}

    def step(self):
        running = self.tasks.ids()
        kinds = {self.start: 35 if len(running) < AT_ONCE else 0, self.stop: 25, self.end_process: 20,
                 self.end_watcher: 5, self.end_server: 10, self.restart_server: 5}
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        if kind(running):
            self.counts[kind.__name__] = self.counts.get(kind.__name__, 0) + 1
        time.sleep(self.random.choice((0, 0, 0.02, 0.1, 0.3)))

    def start(self, _):
        self.host.tasks.update(self.tasks.run(self.random.choice(self.networks), self.random.randint(1, 3)))
        return True

    def stop(self, running):
        if running:
            self.tasks.ecs.stop_task(cluster="c", task=self.random.choice(running))
        return bool(running)

    def end_one_of(self, find, running):
        pids = find(self.random.choice(running)) if running else []
        try:
            if pids:
                os.kill(self.random.choice(pids), signal.SIGKILL)
        except ProcessLookupError:
            pass
        return bool(pids)

    def end_process(self, running):
        return self.end_one_of(self.host.containers, running)

    def end_watcher(self, running):
        return self.end_one_of(self.host.watchers, running)

    def end_server(self, _):
        self.server.kill()
        return self.come_back()

    def restart_server(self, _):
        self.server.stop()
        return self.come_back()

    def come_back(self):
        self.server.start()
        self.tasks.connect()
        until(lambda: self.tasks.server.health(), 20, "the server")
        return True


def test_nothing_is_left_of_what_came_and_went(place):
    server, host = place
    tasks = SmallTasks(server)
    vpcs = [tasks.private(), tasks.public()]
    host.networks.update(vpc for vpc, _ in vpcs)
    churn = Churn(server, host, tasks, [network for _, network in vpcs], seed=4)
    begun = time.monotonic()
    while sum(churn.counts.values()) < CHURN:
        churn.step()
    # It works as on the first day: a task of each network reaches its endpoint.
    since = milliseconds()
    last = [task for _, network in vpcs for task in tasks.run(network)]
    host.tasks.update(last)
    until(lambda: all("reached" in tasks.lines(since).get(task, []) for task in last), 60, "two last answers", every=1)
    for task in tasks.ids():
        tasks.ecs.stop_task(cluster="c", task=task)
    wait_for_none(tasks)
    assert_as_before(host)
    assert not list(Path(server.data, "tasks").iterdir())
    server.stop()
    assert not host.new()
    print(f"{churn.counts} in {time.monotonic() - begun:.0f} s, {len(host.tasks)} tasks")
