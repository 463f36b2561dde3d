"""`renkei simulate` on the examples that the documentation names."""

import json
import subprocess
import time
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

from server import BINARY

ROOT = Path(__file__).resolve().parents[2]

EXAMPLES = ROOT / "examples" / "simulate"
ARTICLE = [ROOT / "examples" / "sqs-fargate" / "templates" / name for name in ("repositories.yaml", "system.yaml")]


def simulate(*arguments, fails=False):
    command = [BINARY, "simulate", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout


def article(*arguments, **options):
    return simulate(*ARTICLE, "--workload", EXAMPLES / "article.yaml", *arguments, **options)


def named(rows, name):
    return next(row for row in rows if row["name"] == name)


def test_the_article_for_a_day(tmp_path):
    began = time.monotonic()
    result = json.loads(article("--json", "--out", tmp_path))
    assert time.monotonic() - began < 10, "a second or two on an idle machine"
    queue = named(result["queues"], "sqs-fargate-queue")
    assert 2300 < queue["sent"] < 2650  # every 35 s on average
    assert queue["handled"] + queue["left"] == queue["sent"]
    consumer = named(result["services"], "sqs-fargate-consumer")
    desired = [change["to"] for change in consumer["changes"]]
    assert set(desired) <= {1, 2, 3} and 3 in desired and 1 in desired
    assert 0 < result["cost_dollars"]["total"] < 5
    assert {path.name for path in tmp_path.iterdir()} == {
        "summary.txt", "result.json", "series.csv", "events.csv", "picture.svg", "page.html"}
    xml.parse(tmp_path / "picture.svg")
    assert len((tmp_path / "series.csv").read_text().splitlines()) == 24 * 60 + 2
    page = (tmp_path / "page.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page


def test_one_seed_gives_one_output(tmp_path):
    for name in ("a", "b"):
        article("--seed", "7", "--for", "6h", "--out", tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


@pytest.mark.parametrize("name", ["daily-wave", "burst", "poison", "slow-deploy"])
def test_examples(name):
    result = json.loads(simulate(EXAMPLES / "worker.yaml", "--workload", EXAMPLES / f"{name}.yaml", "--json"))
    queue = named(result["queues"], "jobs")
    assert queue["handled"] > 1000
    assert queue["handled"] + queue["left"] + queue["dead_lettered"] >= queue["sent"]
    if name == "poison":
        assert queue["dead_lettered"] > 0
    if name == "slow-deploy":
        assert named(result["services"], "worker")["launched"] > 1


def test_what_ifs_on_the_wave(tmp_path):
    printed = simulate(EXAMPLES / "worker.yaml", "--workload", EXAMPLES / "daily-wave.yaml", "--for", "12h",
                       "--what-if", "TargetValue=5,50", "--what-if", "MaxCapacity=4,12",
                       "--what-if", "services.worker.consume.batch=1,10", "--out", tmp_path)
    assert len(printed.split("\n\n")[0].splitlines()) == 1 + 1 + 8  # the head, as given, the grid
    rows = (tmp_path / "runs.csv").read_text().splitlines()
    assert len(rows) == 10
    xml.parse(tmp_path / "comparison.svg")
    again = simulate(EXAMPLES / "worker.yaml", "--workload", EXAMPLES / "daily-wave.yaml", "--for", "12h", "--jobs", "1",
                     "--what-if", "TargetValue=5,50", "--what-if", "MaxCapacity=4,12",
                     "--what-if", "services.worker.consume.batch=1,10")
    assert again == printed, "in whatever order the runs end"


def test_what_is_wrong_names_its_line(tmp_path):
    workload = tmp_path / "w.yaml"
    workload.write_text("services:\n  worker:\n    consume: {queue: jobs, time: soon}\n")
    assert f"{workload}:3: time: expected a duration" in simulate(EXAMPLES / "worker.yaml", "-w", workload, fails=True)
    assert "no template has a parameter Nothing" in article("-p", "Nothing=1", fails=True)
    assert "nothing is called Nowhere" in article("--what-if", "Nowhere=1", fails=True)
    refused = simulate(EXAMPLES / "worker.yaml", "-w", EXAMPLES / "burst.yaml", "-p", "MaxCapacity=0", fails=True)
    assert "worker.yaml:" in refused and "ScalableTarget" in refused
    template = tmp_path / "t.yaml"
    template.write_text((EXAMPLES / "worker.yaml").read_text().replace("OfMessagesVisible", "OfMessagesInvisible"))
    line = next(i for i, text in enumerate(template.read_text().splitlines(), 1) if "Invisible" in text)
    unknown = simulate(template, "-w", EXAMPLES / "burst.yaml", fails=True)
    assert f"{template}:{line}: no scaling would happen" in unknown


def test_a_template_that_misses_an_endpoint_fails_as_when_it_runs(tmp_path):
    for path in ARTICLE[0].parent.iterdir():
        text = path.read_text()
        if path.name == "endpoints.yaml":
            begin, end = text.index("  ECRDkrEndpoint:"), text.index("  LogsEndpoint:")
            text = text[:begin] + text[end:]
        (tmp_path / path.name).write_text(text)
    failure = simulate(tmp_path / "repositories.yaml", tmp_path / "system.yaml", "-w", EXAMPLES / "article.yaml",
                       "--for", "4h", fails=True)
    assert "Service" in failure or "stable" in failure
