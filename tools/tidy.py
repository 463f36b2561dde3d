#!/usr/bin/env python3
"""House rules that a tool enforces: bans with their replacement, module directions, sizes, formatting.

The module list and its directions are read from CMakeLists.txt, so there is one truth. Exits 1 with one line per finding.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What may touch the real world. Everything else gets clock, randomness, storage and containers handed in.
SHELL = {"app", "bench", "cli", "net", "gateway", "linux", "docker", "image", "client"}
SHELL_FILES = {"src/store/rocks/rocks_store.cpp", "src/store/rocks/tables.cpp", "src/store/journal/real_disk.cpp"}

BANS = [
    (r"\b(system_clock|steady_clock|high_resolution_clock)::now\b|\bclock_gettime\b|(?<![\w:.>])time\s*\(\s*(NULL|nullptr|0)\s*\)",
     "real time: take `now` from the Context or a base::Clock"),
    (r"\brandom_device\b|(?<![\w:])s?rand\s*\(|\bgetrandom\b|\bmt19937", "randomness: take base::Random from the Context"),
    (r"\bsleep_for\b|\bsleep_until\b|(?<![\w:.])u?sleep\s*\(", "sleeping: be a row with a deadline and let tick() come"),
    (r"(?<!\w)getenv\s*\(", "environment: make it a field of cloud::Config"),
    (r"\bstd::j?thread\b|\bstd::async\b", "threads: the cloud is one strand"),
    (r"\b[io]?fstream\b|\bfopen\s*\(|\bstd::filesystem\b", "files: use store::Store or a port"),
]
EVERYWHERE = [
    (r"\bFIXME\b|\bXXX\b|\bTODO\b", "unfinished: do it, or write it into docs/compatibility.md"),
    (r"\bstd::hash\b", "std::hash differs between libraries: use a named hash"),
]
# g++ 12 destroys braced temporaries and capturing lambdas inside a co_await expression twice.
CO_AWAIT = re.compile(r"co_await\b[^;{}]*(?:\{|(?<![\w)\]])\[[^\]\s])")
COLUMNS_MAX, FILE_LINES_MAX, FUNCTION_LINES_MAX = 120, 800, 70


def modules():
    """{module: modules it may include}, transitively."""
    text = (ROOT / "CMakeLists.txt").read_text()
    direct = {}
    for name, rest in re.findall(r"renkei_module\((\w+)([^)]*)\)", text):
        depends = re.search(r"DEPENDS((?:\s+(?!LIBRARIES|GENERATED)\w+)*)", rest)
        direct[name] = set(depends.group(1).split()) if depends else set()

    def closure(name):
        found, todo = {name}, [name]
        while todo:
            fresh = direct.get(todo.pop(), set()) - found
            found |= fresh
            todo += fresh
        return found

    return {name: closure(name) for name in direct}


def code_only(text):
    """Comments and string literals blanked out, line structure kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return re.sub(r'R"(\w*)\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*(?:.|\n)*?\*/', blank, text)


def check_bans(path, module, code):
    exempt = module in SHELL or str(path) in SHELL_FILES or path.name.endswith("_test.cpp")
    for number, line in enumerate(code.splitlines(), 1):
        if line.lstrip().startswith("#include"):
            continue
        for pattern, advice in EVERYWHERE + ([] if exempt else BANS):
            if re.search(pattern, line):
                yield f"{path}:{number}: {advice}"


def check_includes(path, module, text, allowed):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#include "(\w+)/', line)
        if match and match.group(1) in allowed and match.group(1) not in allowed[module]:
            yield f"{path}:{number}: module {module} may not include {match.group(1)}/ (see CMakeLists.txt)"


def check_coroutines(path, code):
    for match in CO_AWAIT.finditer(code):
        before = code[: match.start()]
        statement = before[max(before.rfind(c) for c in ";{}") + 1:]
        opens_body = match.group().endswith("{") and match.group().count("(") < match.group().count(")")
        if re.match(r"\s*(if|for|while|switch)\b", statement) and opens_body:
            continue
        yield f"{path}:{before.count(chr(10)) + 1}: name the temporary first, then std::move it into co_await"


def call_arguments(code, opening):
    """The arguments of the call whose "(" is at `opening`, as texts."""
    depth, start, found = 0, opening + 1, []
    for at in range(opening, len(code)):
        if code[at] in "([{":
            depth += 1
        elif code[at] in ")]}":
            depth -= 1
            if depth == 0:
                return [*found, code[start:at]]
        elif code[at] == "," and depth == 1:
            found.append(code[start:at])
            start = at + 1
    return []


def check_moved_arguments(path, code):
    """f(key_of(row), std::move(row)): arguments are evaluated in any order, so the key may come from a moved-from row."""
    for call in re.finditer(r"(?<=[\w>])\(", code):
        if re.search(r"\b(?:move|[A-Z]\w*[A-Z]|for|if|while|switch)$", code[max(call.start() - 40, 0): call.start()]):
            continue  # macros aren't calls
        arguments = call_arguments(code, call.end() - 1)
        for one in arguments:
            for moved in re.findall(r"std::move\((\w+)\)", one):
                if any(other is not one and re.search(rf"(?<![\w.>]){moved}\b", other) for other in arguments):
                    line = code.count("\n", 0, call.start()) + 1
                    yield f"{path}:{line}: `{moved}` is moved and read in one call: read it first, into a name of its own"


def check_sizes(path, text, code):
    lines = text.splitlines()
    if len(lines) > FILE_LINES_MAX:
        yield f"{path}: {len(lines)} lines (at most {FILE_LINES_MAX}): split it"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX and 'R"' not in line and path.suffix != ".json":
            yield f"{path}:{number}: {len(line)} columns (at most {COLUMNS_MAX})"
    if path.suffix != ".cpp" or path.name.endswith("_test.cpp"):
        return
    start = None  # in our format a function body opens at the end of a line at column 0 and closes at column 0
    not_functions = r"^(namespace|class|struct|enum|union|extern|const\b|constexpr|inline const)"
    for number, line in enumerate(code.splitlines(), 1):
        if re.match(r"^\S.*\)[^;]*\{\s*$", line) and not re.match(not_functions, line):
            start = number
        elif line.startswith("}") and start is not None:
            if number - start > FUNCTION_LINES_MAX:
                yield f"{path}:{start}: function of {number - start} lines (at most {FUNCTION_LINES_MAX})"
            start = None


def check_format(paths):
    command = ["clang-format-19", "--dry-run", "-Werror", *map(str, paths)]
    try:
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        yield "clang-format-19 is missing: run make setup"
        return
    for name in sorted(set(re.findall(r"^([^:\s]+):\d+:\d+: error", result.stderr, re.M))):
        yield f"{name}: not formatted: run make format"


def main():
    command = ["git", "ls-files", "-co", "--exclude-standard", "src", "examples", "bench"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    paths = [Path(p) for p in listed if p.endswith((".h", ".cpp")) and (ROOT / p).exists()]
    allowed = modules()
    findings = []
    for path in paths:
        text = (ROOT / path).read_text()
        code = code_only(text)
        module = path.parts[1] if path.parts[0] == "src" else "app"
        if module not in allowed and module != "app":
            findings.append(f"{path}: src/{module} is not a module of CMakeLists.txt")
            continue
        findings += check_bans(path, module, code)
        findings += check_includes(path, module, text, allowed) if module in allowed else []
        findings += check_coroutines(path, code)
        findings += check_moved_arguments(path, code)
        findings += check_sizes(path, text, code)
    findings += check_format(paths)
    for finding in findings:
        print(finding)
    print(f"tidy: {len(paths)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
