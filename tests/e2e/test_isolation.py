"""Tasks in private subnets reach their VPC's endpoints, and nothing else: a program tries, from inside a task."""

import json
import socket
import subprocess
import threading

import pytest

from conftest import needs_root
from private_network import PrivateNetwork, Programs
from server import REGION, Server

pytestmark = needs_root()

LISTENER = """
import socket, threading
stream = socket.create_server(("0.0.0.0", 7000))
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(("0.0.0.0", 7000))
def heard(what, sender):
    print("HEARD", what, sender[0], flush=True)
def packets():
    while True:
        heard("udp", datagrams.recvfrom(100)[1])
threading.Thread(target=packets, daemon=True).start()
print("LISTENING", flush=True)
while True:
    heard("tcp", stream.accept()[1])
"""

# Prints one line of JSON: what answered, of all that was tried.
PROBE = r"""
import errno, json, os, socket, struct
wanted = json.loads(os.environ["TARGETS"])
answered = []

def attempt(what, act):
    try:
        act()
        answered.append(what)
    except OSError as error:
        # Nobody may even say no; a task's own loopback interface alone may.
        if error.errno == errno.ECONNREFUSED and "127.0.0.1" not in what and "::1" not in what:
            answered.append(what + " refuses")

def tcp(address, port, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.settimeout(1.5)
        one.connect((address, port))

def udp(address, port, message=b"hello", family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        one.settimeout(0.7)
        one.connect((address, port))
        one.send(message)
        one.recv(100)

def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff

def ping(address):
    head = struct.pack("!BBHHH", 8, 0, 0, 7, 1)
    head = struct.pack("!BBHHH", 8, 0, checksum(head), 7, 1)
    try:
        one = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    except PermissionError:
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    with one:
        one.settimeout(0.7)
        one.sendto(head, (address, 0))
        one.recv(200)

def lookup(name):
    socket.getaddrinfo(name, 443, socket.AF_INET)

QUERY = struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"\x07example\x03com\x00" + struct.pack("!HH", 1, 1)
for address, port in wanted["tcp"]:
    attempt(f"tcp {address}:{port}", lambda: tcp(address, port))
    attempt(f"udp {address}:{port}", lambda: udp(address, port))
for address in wanted["ping"]:
    attempt(f"ping {address}", lambda: ping(address))
for address in wanted["dns"]:
    attempt(f"dns {address}", lambda: udp(address, 53, QUERY))
for address, port in wanted["ipv6"]:
    attempt(f"tcp [{address}]:{port}", lambda: tcp(address, port, socket.AF_INET6))
    attempt(f"udp [{address}]:{port}", lambda: udp(address, port, b"hello", socket.AF_INET6))
for name in wanted["names"]:
    attempt(f"name {name}", lambda: lookup(name))
attempt("CONTROL", lambda: tcp(wanted["control"], 443))
with open("/proc/net/if_inet6") if os.path.exists("/proc/net/if_inet6") else open(os.devnull) as lines:
    ipv6 = [line.split()[-1] for line in lines]
print("ANSWERED", json.dumps(answered), flush=True)
print("IPV6", json.dumps(sorted(set(ipv6))), flush=True)
"""


class Ear:
    """A port of this machine, at all of its addresses, that remembers who came."""

    def __init__(self):
        self.stream = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        self.stream.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.stream.bind(("::", 0))
        self.stream.listen()
        self.port = self.stream.getsockname()[1]
        self.datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.datagrams.bind(("::", self.port))
        self.heard = []
        for listen in (lambda: self.heard.append(self.stream.accept()[1]),
                       lambda: self.heard.append(self.datagrams.recvfrom(100)[1])):
            threading.Thread(target=self.run, args=(listen,), daemon=True).start()

    def run(self, listen):
        try:
            while True:
                listen()
        except OSError:
            pass  # closed

    def close(self):
        for one in (self.stream, self.datagrams):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()


def addresses_of_this_machine():
    shown = json.loads(subprocess.run(["ip", "-j", "addr"], capture_output=True, text=True, check=True).stdout)
    own = [(one["family"], one["local"]) for link in shown for one in link["addr_info"]]
    return [at for family, at in own if family == "inet"], [at for family, at in own if family == "inet6"]


def routers_of_this_machine():
    shown = json.loads(subprocess.run(["ip", "-j", "route"], capture_output=True, text=True, check=True).stdout)
    return sorted({route["gateway"] for route in shown if "gateway" in route})


@pytest.fixture(scope="module")
def world():
    server = Server().start()
    try:
        yield server
    finally:
        server.remove()


def test_nothing_but_the_endpoints_is_reached_from_inside(world):
    programs = Programs(world)
    programs.push_python("listener", LISTENER)
    programs.push_python("probe", PROBE)
    mine, other = PrivateNetwork(world, "10.0.0.0/16"), PrivateNetwork(world, "10.1.0.0/16")
    open_group = other.group("open")
    other.ec2.authorize_security_group_ingress(GroupId=open_group, IpPermissions=[
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    # One with the same groups, whom no rule lets in; and one of another VPC that lets in everybody.
    closed = programs.start("closed", mine, image="listener")
    foreign = programs.start("foreign", other, group=open_group, image="listener")
    listeners = {programs.running(closed): closed, programs.running(foreign): foreign}
    endpoint = next(one for one in mine.endpoints() if one["ServiceName"].endswith(".sqs"))
    interface = mine.ec2.describe_network_interfaces(NetworkInterfaceIds=endpoint["NetworkInterfaceIds"])
    control = interface["NetworkInterfaces"][0]["PrivateIpAddress"]
    ear = Ear()
    try:
        own, own6 = addresses_of_this_machine()
        routers = routers_of_this_machine()
        hosts = own + routers + ["10.0.0.1"]
        targets = {
            "tcp": [[at, port] for at in hosts for port in (ear.port, world.port, 22)]
            + [[at, 7000] for at in listeners]
            + [["1.1.1.1", 443], ["198.18.0.1", 443], ["198.18.0.1", world.port], ["198.19.0.1", ear.port],
               ["169.254.169.254", 80], [control, world.port], [control, 22]],
            "ping": [at for at in hosts if at != "127.0.0.1"] + list(listeners) + ["1.1.1.1"],
            "dns": ["8.8.8.8", "1.1.1.1"] + [at for at in hosts if at != "127.0.0.1"],
            "ipv6": [[at, ear.port] for at in own6 + ["2606:4700:4700::1111"]],
            "names": ["example.com", f"ecs.{REGION}.example.com"],
            "control": control,
        }
        lines = programs.finished(programs.start("probe", mine, TARGETS=json.dumps(targets)))
        said = dict(line.split(" ", 1) for line in lines)
        assert json.loads(said["ANSWERED"]) == ["CONTROL"]
        assert json.loads(said["IPV6"]) in ([], ["lo"])
        assert ear.heard == []
        for task in listeners.values():
            assert programs.log(task) == ["LISTENING"]
            programs.stop(task)
    finally:
        ear.close()
