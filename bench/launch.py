"""`bench/run --only launch`: how long a task takes to run, how long a hundred take to come and go, and what an idle one
costs, beside `docker run` of the same image on Debian's dockerd in the same run."""

import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import MIB, Failed, Renkei, service_call

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from docker_daemon import DockerDaemon, NoDocker  # noqa: E402

GROUP, CLUSTER, SERVICE = "/launch", "launch", "launch"
TEMPLATE = {"Resources": {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
    "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.9.0.0/20"}},
    "Gateway": {"Type": "AWS::EC2::InternetGateway"},
    "Attachment": {"Type": "AWS::EC2::VPCGatewayAttachment",
                   "Properties": {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "Gateway"}}},
    "Routes": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
    "Association": {"Type": "AWS::EC2::SubnetRouteTableAssociation",
                    "Properties": {"SubnetId": {"Ref": "Subnet"}, "RouteTableId": {"Ref": "Routes"}}},
    "Route": {"Type": "AWS::EC2::Route", "DependsOn": "Attachment",
              "Properties": {"RouteTableId": {"Ref": "Routes"}, "DestinationCidrBlock": "0.0.0.0/0",
                             "GatewayId": {"Ref": "Gateway"}}},
    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}},
    "Repository": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "launch"}},
    "Execution": {"Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"]}},
    "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": CLUSTER}},
    "Definition": {"Type": "AWS::ECS::TaskDefinition", "Properties": {
        "Family": "launch", "NetworkMode": "awsvpc", "RequiresCompatibilities": ["FARGATE"], "Cpu": "256", "Memory": "512",
        "ExecutionRoleArn": {"Fn::GetAtt": ["Execution", "Arn"]},
        "ContainerDefinitions": [{
            "Name": "main", "Image": {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/launch:latest"},
            "LogConfiguration": {"LogDriver": "awslogs", "Options": {
                "awslogs-group": GROUP, "awslogs-region": {"Ref": "AWS::Region"}, "awslogs-stream-prefix": "t"}}}]}},
    "Service": {"Type": "AWS::ECS::Service", "DependsOn": ["Route", "Association", "Logs"], "Properties": {
        "ServiceName": SERVICE, "Cluster": {"Ref": "Cluster"}, "TaskDefinition": {"Ref": "Definition"},
        "LaunchType": "FARGATE", "DesiredCount": 0, "NetworkConfiguration": {"AwsvpcConfiguration": {
            "Subnets": [{"Ref": "Subnet"}], "AssignPublicIp": "ENABLED"}}}}}}


def proportional_bytes(pids):
    """Memory of processes, shared pages divided among those that share them (proc(5): smaps_rollup)."""
    total = 0
    for pid in pids:
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except OSError:  # it ended
            pass
    return total


def processes(*words):
    """Ids of processes whose command line has all of these words in it."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_text(errors="replace") if entry.name.isdigit() else ""
        except OSError:
            continue
        if command and all(word in command for word in words):
            found.append(int(entry.name))
    return found


def make_image(run):
    root = run.scratch / "launch-root"
    root.mkdir()
    shutil.copy(run.build / "bench" / "bench_first", root / "first")
    archive = run.scratch / "launch.tar"
    subprocess.run([run.build / "examples" / "make_image", "--root", root, archive, "launch:latest", "/first"], check=True,
                   capture_output=True)
    return archive


class Ours:
    """Tasks of a service in a VPC, in a server of its own."""

    def __init__(self, run, archive):
        self.run = run
        self.server = run.server("launch")
        run.keep(self)
        template = run.scratch / "launch.json"
        template.write_text(json.dumps(TEMPLATE))
        self.cli("up", template, "--stack", "launch")
        self.cli("push", archive, "launch:latest")

    def close(self):
        """The machine is as before, whatever happened."""
        self.server.remove_tasks()

    def cli(self, *arguments):
        done = subprocess.run([self.server.binary, *map(str, arguments), "--endpoint", self.server.url],
                              capture_output=True, text=True, check=False, env=Renkei.environment(), timeout=300)
        if done.returncode != 0:
            raise Failed(f"renkei {arguments[0]}: {(done.stdout + done.stderr)[-500:]}")

    def call(self, service, operation, /, **parameters):
        status, answer = service_call(self.server.port, service, operation, parameters)
        if status != 200:
            raise Failed(f"{operation}: {answer}")
        return answer

    def scale(self, count):
        """Returns when it was asked for."""
        at = time.time_ns()
        self.call("ecs", "UpdateService", cluster=CLUSTER, service=SERVICE, desiredCount=count)
        return at

    def firsts(self, count, since_ns, seconds=120):
        """When `count` containers ran their first instruction, in nanoseconds; those that did since then."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            events = self.call("logs", "FilterLogEvents", logGroupName=GROUP, startTime=since_ns // 1_000_000)["events"]
            times = [int(event["message"].split()[1]) for event in events]
            times = sorted(at for at in times if at >= since_ns)
            if len(times) >= count:
                return times
            time.sleep(0.02)
        raise Failed(f"{count} tasks did not run within {seconds} s")

    def wait_for_none(self, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            service = self.call("ecs", "DescribeServices", cluster=CLUSTER, services=[SERVICE])["services"][0]
            stopping = self.call("ecs", "ListTasks", cluster=CLUSTER, desiredStatus="STOPPED")["taskArns"]
            states = [] if not stopping else [
                task["lastStatus"]
                for start in range(0, len(stopping), 100)
                for task in self.call("ecs", "DescribeTasks", cluster=CLUSTER, tasks=stopping[start:start + 100])["tasks"]]
            if service["runningCount"] == service["pendingCount"] == 0 and set(states) <= {"STOPPED"}:
                return
            time.sleep(0.02)
        raise Failed(f"the tasks did not end within {seconds} s")

    def launch(self):
        """Seconds from UpdateService to the first instruction."""
        at = self.scale(1)
        took = (self.firsts(1, at)[0] - at) / 1e9
        self.scale(0)
        self.wait_for_none()
        return took

    def burst(self, count):
        """Seconds until the last of them ran, and until the last had ended."""
        at = self.scale(count)
        started = (self.firsts(count, at)[count - 1] - at) / 1e9
        begun = time.monotonic()
        self.scale(0)
        self.wait_for_none()
        return started, time.monotonic() - begun

    def idle_bytes(self, count):
        """Of memory per task, beside what its container uses."""
        before = proportional_bytes([self.server.pid])
        at = self.scale(count)
        self.firsts(count, at)
        time.sleep(1)
        watchers = processes("conmon", str(self.server.data))
        after = proportional_bytes([self.server.pid, *watchers])
        self.scale(0)
        self.wait_for_none()
        return max(0, after - before) / count


class Docker:
    """The same image with `docker run`, each container with the same limits in Docker's default network."""

    LIMITS = ("--cpus", "0.25", "--memory", "512m")

    def __init__(self, run, archive):
        self.daemon = run.keep(DockerDaemon(run.scratch, own_network=True))
        converted = run.scratch / "launch-docker.tar"
        subprocess.run(["skopeo", "copy", "--quiet", f"oci-archive:{archive}", f"docker-archive:{converted}:launch:latest"],
                       check=True, capture_output=True)
        self.daemon.docker("load", "--input", converted)
        self.number = 0

    def launch(self):
        self.number += 1
        name = f"one-{self.number}"
        at = time.time_ns()
        process = self.daemon.popen("run", "--rm", "--name", name, *self.LIMITS, "launch", stdout=subprocess.PIPE)
        line = process.stdout.readline()
        self.daemon.docker("rm", "--force", name)
        process.wait()
        process.stdout.close()
        if not line.startswith("first "):
            raise Failed(f"docker run: {line!r}")
        return (int(line.split()[1]) - at) / 1e9

    def start(self, count):
        names = [f"many-{self.number}-{i}" for i in range(count)]
        self.number += 1
        at = time.time_ns()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: self.daemon.docker("run", "--detach", "--name", name, *self.LIMITS, "launch"), names))
        return names, at

    def burst(self, count):
        names, at = self.start(count)
        times = [int(self.daemon.docker("logs", name).stdout.split()[1]) for name in names]
        begun = time.monotonic()
        self.daemon.docker("stop", *names)
        self.daemon.docker("rm", *names)
        return (max(times) - at) / 1e9, time.monotonic() - begun

    def own_bytes(self):
        return proportional_bytes(processes("docker", str(self.daemon.run)) + processes("containerd", str(self.daemon.run)))

    def idle_bytes(self, count):
        before = self.own_bytes()
        names, _ = self.start(count)
        time.sleep(1)
        after = self.own_bytes()
        self.daemon.docker("rm", "--force", *names)
        return max(0, after - before) / count


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def measure(run, figure):
    """`figure` makes one, from name, value, unit, goal and more."""
    if os.geteuid() != 0:
        raise Failed("containers need root")
    archive = make_image(run)
    ours = Ours(run, archive)
    docker, missing = None, ""
    try:
        docker = Docker(run, archive)
    except NoDocker as why:
        missing = str(why)
    single, many, idle = (20, 20, 10) if run.quick else (100, 100, 20)
    for one in filter(None, (ours, docker)):
        one.launch()  # the image is unpacked after that
    times, theirs = [], []
    for _ in range(single):  # in turn: a machine that gets busier hits both
        times.append(ours.launch() * 1e3)
        if docker:
            theirs.append(docker.launch() * 1e3)
    beside = missing or f"docker run: {percentile(theirs, 0.5):.0f} and {percentile(theirs, 0.99):.0f} ms"
    details = {"ms": times, "docker_ms": theirs}
    figures = [figure("launch, p50", percentile(times, 0.5), "ms", 200, note=beside, details=details),
               figure("launch, p99", percentile(times, 0.99), "ms", 200, note=f"of {single} launches")]
    run.say(f"{many} tasks at once")
    started, ended = ours.burst(many)
    names = [f"start of {many} tasks, to docker's", f"end of {many} tasks, to docker's"]
    if docker:
        other = docker.burst(many)
        for name, mine, its in zip(names, (started, ended), other):
            figures.append(figure(name, mine / its, "x", 1.0, note=f"{mine:.1f} s to {its:.1f} s"))
    else:
        for name, mine in zip(names, (started, ended)):
            figures.append(figure(name, None, "x", 1.0, optional=True, note=f"{mine:.1f} s; {missing}"))
    run.say(f"memory of {idle} idle tasks")
    mine = ours.idle_bytes(idle) / MIB
    note = f"docker: {docker.idle_bytes(idle) / MIB:.1f} MiB" if docker else missing
    figures.append(figure("memory of an idle task", mine, "MiB", 4, note=note + "; beside its container's own"))
    ours.close()
    if docker:
        docker.daemon.close()
    return figures
