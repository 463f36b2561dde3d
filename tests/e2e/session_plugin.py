#!/usr/bin/python3
"""Stands in for AWS's session-manager-plugin, which is no Debian package: what the AWS CLI starts for `ecs
execute-command`. It speaks the data channel of Systems Manager as that does: a WebSocket, the token as text, then binary
messages with sequence numbers and acknowledgements. Standard input goes to the program line by line, what the program
says to standard output."""

import base64
import hashlib
import json
import os
import select
import socket
import struct
import sys
import time
import uuid
from urllib.parse import urlparse

OUTPUT, SIZE, HANDSHAKE_REQUEST, HANDSHAKE_RESPONSE, HANDSHAKE_COMPLETE = 1, 3, 5, 6, 7


class DataChannel:
    def __init__(self, session):
        url = urlparse(session["StreamUrl"])
        self.socket = socket.create_connection((url.hostname, url.port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
                             ).encode())
        self.unread, self.sequence, self.expected = b"", 0, 0
        head = self.until(b"\r\n\r\n")
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        assert head.startswith(b"HTTP/1.1 101 ") and accept in head, head
        self.frame(1, json.dumps({"MessageSchemaVersion": "1.0", "RequestId": str(uuid.uuid4()),
                                  "TokenValue": session["TokenValue"], "ClientId": str(uuid.uuid4()),
                                  "ClientVersion": "1.2.463.0"}).encode())

    def more(self):
        part = self.socket.recv(65536)
        if not part:
            raise EOFError
        self.unread += part

    def until(self, end):
        while end not in self.unread:
            self.more()
        at = self.unread.index(end) + len(end)
        head, self.unread = self.unread[:at], self.unread[at:]
        return head

    def take(self, size):
        while len(self.unread) < size:
            self.more()
        part, self.unread = self.unread[:size], self.unread[size:]
        return part

    def frame(self, kind, payload):
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([0x80 | kind]) + (bytes([0x80 | size]) if size < 126 else bytes([0xfe]) + struct.pack(">H", size))
        self.socket.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)))

    def read_frame(self):
        first, second = self.take(2)
        size = second & 0x7f
        if size == 126:
            size = struct.unpack(">H", self.take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.take(8))[0]
        return first & 0x0f, self.take(size)

    def send(self, kind, number, payload_type, payload, flags=0):
        name = uuid.uuid4().bytes
        message = struct.pack(">I32sIqqQ", 116, kind.encode().ljust(32), 1, int(time.time() * 1000), number, flags)
        message += name[8:] + name[:8] + hashlib.sha256(payload).digest()
        self.frame(2, message + struct.pack(">II", payload_type, len(payload)) + payload)

    def say(self, payload_type, payload):
        self.send("input_stream_data", self.sequence, payload_type, payload)
        self.sequence += 1

    def message(self):
        """(type, payload type, payload) of the next one; output is acknowledged."""
        while True:
            kind, data = self.read_frame()
            if kind == 8:
                raise EOFError
            if kind != 2:
                continue
            length, name, _, _, number, _ = struct.unpack(">I32sIqqQ", data[:64])
            assert length == 116
            payload_type, size = struct.unpack(">II", data[112:120])
            payload = data[120:]
            assert len(payload) == size and hashlib.sha256(payload).digest() == data[80:112]
            name = name.rstrip(b" \0").decode()
            if name == "output_stream_data":
                assert number == self.expected, (number, self.expected)
                self.expected += 1
                identity = uuid.UUID(bytes=data[72:80] + data[64:72])
                self.send("acknowledge", 0, 0, json.dumps({
                    "AcknowledgedMessageType": name, "AcknowledgedMessageId": str(identity),
                    "AcknowledgedMessageSequenceNumber": number, "IsSequentialMessage": True}).encode(), flags=3)
            return name, payload_type, payload


def main():
    if len(sys.argv) == 1:  # the AWS CLI asks whether this is installed
        print("The Session Manager plugin was installed successfully. Use the AWS CLI to start a session.")
        return
    session = {name[0].upper() + name[1:]: value for name, value in json.loads(sys.argv[1]).items()}  # as Go reads names
    print(f"Starting session with SessionId: {session['SessionId']}", flush=True)
    channel = DataChannel(session)
    running = False
    try:
        while True:
            streams = [channel.socket] + ([sys.stdin] if running else [])
            ready = [channel.socket] if channel.unread else select.select(streams, [], [], 30)[0]
            if sys.stdin in ready:
                line = sys.stdin.readline()
                if line:
                    channel.say(OUTPUT, line.encode())
                else:
                    running = False
            if channel.socket not in ready:
                continue
            name, payload_type, payload = channel.message()
            if name == "channel_closed":
                print(json.loads(payload)["Output"] or f"Exiting session with sessionId: {session['SessionId']}.", flush=True)
                return
            if name != "output_stream_data":
                continue
            if payload_type == HANDSHAKE_REQUEST:
                wanted = json.loads(payload)["RequestedClientActions"][0]
                assert wanted["ActionType"] == "SessionType", wanted
                channel.say(HANDSHAKE_RESPONSE, json.dumps({
                    "ClientVersion": "1.2.463.0", "Errors": [], "ProcessedClientActions": [
                        {"ActionType": "SessionType", "ActionStatus": 1, "ActionResult": None, "Error": ""}]}).encode())
            elif payload_type == HANDSHAKE_COMPLETE:
                channel.say(SIZE, json.dumps({"cols": 99, "rows": 33}).encode())
                running = True
            elif payload_type == OUTPUT:
                sys.stdout.write(payload.decode(errors="replace"))
                sys.stdout.flush()
    except EOFError:
        pass


if __name__ == "__main__":
    main()
