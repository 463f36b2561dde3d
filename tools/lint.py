#!/usr/bin/env python3
"""clang-tidy over the sources that changed, by the rules of .clang-tidy.

    tools/lint.py [--build DIR] [--base REV] [FILE…]

Without files: those that differ from the merge base with REV (main), and those not committed. Needs clang-tidy 19, the
first that reads this C++23 with the standard library of g++ 12, and a configured build for its compile commands.
Exits 1 with clang-tidy's findings. Not part of `make test`: it takes seconds a file, and its package is large.
"""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "clang-tidy-19"


def git_lines(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def changed(base):
    fork = git_lines("merge-base", "HEAD", base)[0]
    names = git_lines("diff", "--name-only", "--diff-filter=d", fork)
    names += git_lines("ls-files", "--others", "--exclude-standard")
    return sorted(name for name in set(names) if name.endswith((".cpp", ".h")))


def for_clang(entry):
    """g++'s warning options mean nothing to clang, and warnings are the compiler's business."""
    command = [word for word in entry["command"].split() if not word.startswith("-W")]
    return {**entry, "command": " ".join(command)}


def sources_of(names, known):
    """The translation units among the names; a header is read with the source beside it."""
    found = set()
    for name in names:
        path = (ROOT / name).with_suffix(".cpp")
        if str(path) in known:
            found.add(str(path))
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/dev")
    parser.add_argument("--base", default="main")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    if shutil.which(PROGRAM) is None:
        sys.exit(f"lint: {PROGRAM} is missing: apt-get install {PROGRAM}")
    commands = ROOT / options.build / "compile_commands.json"
    if not commands.exists():
        sys.exit(f"lint: {commands} is missing: cmake --preset {Path(options.build).name}")
    entries = [for_clang(entry) for entry in json.loads(commands.read_text())]
    sources = sources_of(options.files or changed(options.base), {entry["file"] for entry in entries})
    if not sources:
        print("lint: nothing changed")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "compile_commands.json").write_text(json.dumps(entries))
        done = subprocess.run([PROGRAM, "-p", folder, "--quiet", "--warnings-as-errors=*", *sources], cwd=ROOT,
                              stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:  # its progress is noise unless it could not run
        print(done.stderr, file=sys.stderr, end="")
    print(f"lint: {len(sources)} files, {'ok' if done.returncode == 0 else 'findings'}")
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
