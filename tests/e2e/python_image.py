"""Images with Debian's Python and boto3, from a root file system that mmdebstrap makes. Kept in the build directory, since
it takes most of a minute."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from server import BUILD

CACHE = BUILD / "e2e"


def python_root():
    """A tar of packages unpacked but not configured: enough to run Python."""
    tar = CACHE / "python-boto3.tar"
    if not tar.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = CACHE / "python-boto3.new.tar"
        command = ["mmdebstrap", "--quiet", "--variant=extract", "--include=python3-boto3,python3-minimal",
                   "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
                   "bookworm", str(fresh)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=500)
        assert done.returncode == 0, done.stderr[-2000:]
        fresh.rename(tar)
    return tar


def python_image(name, program):
    """An OCI archive that runs `program` (the text of a Python program) as python3 main.py."""
    folder = Path(tempfile.mkdtemp(prefix="renkei-image-"))
    try:
        root = folder / "root"
        root.mkdir()
        subprocess.run(["tar", "xf", str(python_root()), "-C", str(root), "--exclude=./dev/*"], check=True)
        (root / "main.py").write_text(program)
        archive = CACHE / f"{name}.tar"
        done = subprocess.run([str(BUILD / "examples" / "make_image"), "--root", str(root), str(archive), f"{name}:latest",
                               "python3", "main.py"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return archive
    finally:
        shutil.rmtree(folder)
