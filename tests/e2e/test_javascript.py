"""The AWS SDK for JavaScript v3, from npm: JSON for most services, CBOR for CloudWatch."""

import os
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).parent / "js"


def test_sdk_for_javascript(server):
    if not (HERE / "node_modules").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE, check=True, timeout=300)
    environment = {**os.environ, "ENDPOINT": server.url}
    done = subprocess.run(["node", "--test", "sdk.test.cjs"], cwd=HERE, env=environment, capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr + server.tail()
    passed = int(re.search(r"^# pass (\d+)", done.stdout, re.M).group(1))
    assert passed == 8, done.stdout
