import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from server import Server  # noqa: E402


def needs_root():
    return pytest.mark.skipif(os.geteuid() != 0, reason="containers need root: run make test as root")


@pytest.fixture
def server():
    running = Server().start()
    yield running
    running.remove()


@pytest.fixture(scope="module")
def shared_server():
    """One server for all tests of a file that don't disturb each other."""
    running = Server().start()
    yield running
    running.remove()
