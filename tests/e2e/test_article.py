"""The article's two programs, unchanged, in containers with real boto3. They are read from the article itself."""

import os
import re
from pathlib import Path

import pytest

from conftest import needs_root
from python_image import python_image
from server import Server, until

ROOT = Path(__file__).resolve().parents[2]
ARTICLE = Path(os.environ.get("RENKEI_ARTICLE", ROOT.parent / "shared" / "seed" / "article.txt"))
TEMPLATES = ROOT / "examples" / "sqs-fargate" / "templates"
PRODUCER, CONSUMER = "sqs-fargate-producer", "sqs-fargate-consumer"

pytestmark = [needs_root(), pytest.mark.skipif(not ARTICLE.exists(), reason=f"the article is not at {ARTICLE}")]


def programs():
    text = ARTICLE.read_text()
    found = re.findall(r"^import boto3\n.*?(?=^Code language: Python)", text, re.M | re.S)
    assert len(found) == 2 and "send_messages" in found[0] and "receive_messages" in found[1]
    return found


def messages(server, group):
    streams = server.aws("logs", "describe-log-streams", "--log-group-name", group)["logStreams"]
    lines = []
    for stream in streams:
        events = server.aws("logs", "get-log-events", "--log-group-name", group, "--log-stream-name",
                            stream["logStreamName"], "--start-from-head")["events"]
        lines += [event["message"] for event in events]
    return lines


def test_the_articles_programs_write_the_articles_lines():
    server = Server("--speed", "30").start()
    region = ["--region", "ap-northeast-1"]
    try:
        server.renkei("up", TEMPLATES / "repositories.yaml", "--stack", "repositories", *region)
        for name, program in zip((PRODUCER, CONSUMER), programs()):
            server.renkei("push", python_image(name, program), f"{name}:latest", *region)
        server.renkei("up", TEMPLATES / "system.yaml", "--stack", "system", *region)
        judged = until(lambda: [m for m in messages(server, CONSUMER) if re.search(r"is (even|odd)\.$", m)], 60,
                       "a judged message", every=1)
        for line in judged:
            number, word = re.fullmatch(r"INFO:root:(\d{10}) is (even|odd)\.", line).groups()
            assert word == ("odd" if int(number) % 2 else "even")
        sent = messages(server, PRODUCER)
        first, second = [line for line in sent if line.startswith("INFO:root:")][:2]
        assert re.fullmatch(r"INFO:root:\d{20}", first), "the time, to the microsecond"
        assert re.fullmatch(r"INFO:root:\d{10}", second), "the UNIX time"
        assert second in messages(server, CONSUMER)
        server.renkei("down", "system", *region)
    finally:
        server.remove()
