"""What docs/faults.md says of full disks, read-only and damaged data directories and clocks that are set back."""

import os
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from server import BINARY, Server, until
from test_crash import Client


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 200 MiB, gone after the test."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root: run make test as root")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.fixture
def full_disk_server(small_disk):
    """A server on that file system, its log elsewhere."""
    server = Server(data=small_disk / "data")
    server.log = small_disk.parent / "server.log"
    server.start()
    yield server
    print(server.tail())
    server.remove()


def receive_all(client, url):
    bodies = []
    while True:
        messages = client("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600).get("Messages", [])
        if not messages:
            return bodies
        bodies += [message["Body"] for message in messages]


def test_a_full_disk_refuses_and_keeps_what_is_there(full_disk_server, small_disk):
    server = full_disk_server
    client = Client(server)
    url = client("CreateQueue", QueueName="full")["QueueUrl"]
    acknowledged = []
    refusals = 0
    for number in range(400):
        body = f"{number}:" + "x" * 900_000
        if client("SendMessage", QueueUrl=url, MessageBody=body) is None:
            refusals += 1
            if refusals == 5:
                break
        else:
            acknowledged.append(body)
    assert refusals == 5, f"{len(acknowledged)} messages of 0.9 MB fitted into 200 MiB"
    assert len(acknowledged) > 20
    assert server.process.poll() is None, "the server ended: " + server.tail()
    # The caller hears why, and so does the log, not once for each.
    assert client.refusal["__type"].endswith("InternalFailure"), client.refusal
    assert "are left on the disk" in client.refusal["message"], client.refusal
    assert "a write was refused: " in server.tail()
    assert len(server.tail(1000).splitlines()) < 20, server.tail()
    # Reading goes on.
    counts = client("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == str(len(acknowledged))
    # So it is after a crash in this state, and with more room writing goes on too.
    server.kill()
    subprocess.run(["mount", "-o", "remount,size=600m", small_disk], check=True)
    server.start()
    client = Client(server)
    assert client("SendMessage", QueueUrl=url, MessageBody="more") is not None
    assert sorted(receive_all(client, url)) == sorted([*acknowledged, "more"])


def test_room_again_without_a_restart(full_disk_server, small_disk):
    server = full_disk_server
    client = Client(server)
    url = client("CreateQueue", QueueName="full")["QueueUrl"]
    ballast = small_disk / "ballast"
    with ballast.open("wb") as file, pytest.raises(OSError):
        while True:
            file.write(b"x" * 65536)
            file.flush()
    sent = 0
    while client("SendMessage", QueueUrl=url, MessageBody="x" * 1_000_000) is not None:
        sent += 1
        assert sent < 200
    ballast.unlink()
    until(lambda: client("SendMessage", QueueUrl=url, MessageBody="more") is not None, 20,
          "a send after room was made")
    assert len(receive_all(client, url)) == sent + 1


def test_a_full_queue_that_drains_makes_its_own_room(full_disk_server):
    server = full_disk_server
    client = Client(server)
    url = client("CreateQueue", QueueName="full")["QueueUrl"]
    sent = 0
    while client("SendMessage", QueueUrl=url, MessageBody="x" * 900_000) is not None:
        sent += 1
        assert sent < 400
    drained = 0
    while messages := client("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            assert client("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]) is not None
            drained += 1
    assert drained == sent > 20
    until(lambda: client("SendMessage", QueueUrl=url, MessageBody="x" * 900_000) is not None, 20,
          "a send into the room that the deleted messages left")


def test_a_read_only_directory_is_refused_in_words(small_disk):
    (small_disk / "data").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    done = subprocess.run([BINARY, "serve", "--data", small_disk / "data", "--port", "0"], capture_output=True, text=True,
                          timeout=20)
    assert done.returncode != 0
    assert str(small_disk / "data") in done.stderr and "terminate" not in done.stderr, done.stderr
    assert "Read-only" in done.stderr or "read-only" in done.stderr or "can't write" in done.stderr, done.stderr


def test_a_damaged_record_is_named_and_nothing_is_guessed(server):
    client = Client(server)
    url = client("CreateQueue", QueueName="damaged")["QueueUrl"]
    for number in range(50):
        assert client("SendMessage", QueueUrl=url, MessageBody=f"body-{number:04}-" + "y" * 200) is not None
    server.stop()
    name = flip(server, b"body-0007-")
    found = subprocess.run([BINARY, "doctor", "--data", server.data], capture_output=True, text=True, timeout=60)
    assert found.returncode != 0 and name in found.stdout + found.stderr, found.stdout + found.stderr
    start = subprocess.run([BINARY, "serve", "--data", server.data, "--port", "0"], capture_output=True, text=True,
                           timeout=20)
    assert start.returncode != 0 and name in start.stderr, start.stderr
    flip(server, b"cody-0007-")
    server.start()
    assert len(receive_all(Client(server), url)) == 50


def flip(server, text):
    """Changes one stored byte; the name of its segment's file."""
    [(segment, at)] = [(path, path.read_bytes().find(text)) for path in server.data.glob("journal/*.segment")
                       if text in path.read_bytes()]
    with segment.open("r+b") as file:
        file.seek(at)
        file.write(bytes([text[0] ^ 1]))
    return segment.name


@pytest.mark.parametrize("restarted", [False, True])
def test_a_damaged_message_is_set_aside_and_the_rest_goes_on(server, restarted):
    client = Client(server)
    url = client("CreateQueue", QueueName="set-aside")["QueueUrl"]
    for number in range(80):  # two segments of 32 MiB and more, so that the first one is closed
        assert client("SendMessage", QueueUrl=url, MessageBody=f"body-{number:04}-" + "y" * 1_000_000) is not None
    if restarted:
        server.stop()
    name = flip(server, b"body-0000-")
    if restarted:
        server.start()
        client = Client(server)
    received = receive_all(client, url)
    assert sorted(body[:9] for body in received) == [f"body-{number:04}" for number in range(1, 80)]
    counts = client("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (counts["ApproximateNumberOfMessages"], counts["ApproximateNumberOfMessagesNotVisible"]) == ("0", "79")
    said = [line for line in server.tail(1000).splitlines() if "set aside" in line]
    assert len(said) == 1 and name in said[0] and "arn:aws:sqs:us-east-1:000000000000:set-aside" in said[0], said
    with urllib.request.urlopen(server.url + "/_renkei/metrics", timeout=5) as reply:
        assert b"\nrenkei_damaged_messages_total 1\n" in reply.read()
    server.stop()
    found = subprocess.run([BINARY, "doctor", "--data", server.data], capture_output=True, text=True, timeout=60)
    assert found.returncode != 0 and name in found.stdout + found.stderr, found.stdout + found.stderr
    server.start()
    assert Client(server)("PurgeQueue", QueueUrl=url) is not None


class ShiftedClock:
    """The machine's clock as a server that is started from here sees it."""

    def __init__(self, folder, monkeypatch):
        library = folder / "shifted-clock.so"
        source = Path(__file__).with_name("shifted_clock.cpp")
        subprocess.run(["g++", "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
        self.file = folder / "shift"
        self.set(0)
        monkeypatch.setenv("LD_PRELOAD", str(library))
        monkeypatch.setenv("SHIFTED_CLOCK", str(self.file))

    def set(self, seconds):
        # At once: an empty file would shift nothing for a moment.
        draft = self.file.with_suffix(".tmp")
        draft.write_text(f"{seconds}\n")
        draft.rename(self.file)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_clock_that_is_set_back(tmp_path, monkeypatch, restarted):
    clock = ShiftedClock(tmp_path, monkeypatch)
    server = Server().start()
    try:
        client = Client(server)
        url = client("CreateQueue", QueueName="clock.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]

        def send(body):
            return client("SendMessage", QueueUrl=url, MessageBody=body, MessageGroupId="g",
                          MessageDeduplicationId=body)["SequenceNumber"]

        before = [send("a"), send("b")]
        held = client("ReceiveMessage", QueueUrl=url, VisibilityTimeout=3, AttributeNames=["SentTimestamp"])["Messages"]
        clock.set(-3600)
        if restarted:
            server.stop()
            server.start()
            client = Client(server)
        after = send("c")
        assert after > max(before), "sequence numbers went back with the clock"
        # Holds end as they should, not an hour later.
        again = until(lambda: client("ReceiveMessage", QueueUrl=url, WaitTimeSeconds=1, AttributeNames=["SentTimestamp"],
                                     MaxNumberOfMessages=10).get("Messages"), 15, "the end of a hold")
        assert [message["Body"] for message in again] == ["a", "b", "c"]
        sent = [int(message["Attributes"]["SentTimestamp"]) for message in again]
        assert sent == sorted(sent), "time ran backwards"
        assert again[0]["Attributes"] == held[0]["Attributes"]
        assert "set back" in server.tail()
        # And when the clock is right again nothing jumps.
        clock.set(0)
        assert abs(int(client("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]["CreatedTimestamp"])
                   - time.time()) < 60
        assert send("d") > after
    finally:
        server.remove()
