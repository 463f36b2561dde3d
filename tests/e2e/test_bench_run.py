"""`bench/run`: prints a line for each figure and writes the same as JSON."""

import json
import subprocess
from pathlib import Path

from server import BUILD

RUN = Path(__file__).resolve().parents[2] / "bench" / "run"


def test_it_prints_a_line_and_writes_json(tmp_path):
    output = tmp_path / "latest.json"
    done = subprocess.run([RUN, "--build", BUILD, "--quick", "--seconds", "0.5", "--only", "send", "--data", tmp_path,
                           "--output", output], capture_output=True, text=True, timeout=120, check=True)
    row = next(line for line in done.stdout.splitlines() if line.startswith("send "))
    assert "<= 2 x bare" in row and (" ok " in row or " short " in row)
    document = json.loads(output.read_text())
    assert document["figures"][0]["line"] == "send" and document["figures"][0]["value"] > 0
    assert document["machine"]["cores"] <= 2
    assert not list(tmp_path.glob("renkei-bench-*"))


def test_an_unknown_line_is_named(tmp_path):
    done = subprocess.run([RUN, "--build", BUILD, "--only", "sned"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "no line sned" in done.stderr
