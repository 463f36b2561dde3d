"""api/*.json -> C++.

    python3 tools/apigen --models api --out DIR          writes what has changed
    python3 tools/apigen --models api --out DIR --list   prints the absolute paths of all files it writes
"""
import argparse
import sys
from pathlib import Path

import model
import operations
import services
import tables
import types_header


def render(models):
    """Path below the output folder -> text. The same input gives the same bytes."""
    files = {}
    loaded = model.load(models)
    for service in loaded:
        texts = {"types.h": types_header.render(service), **tables.render(service), **operations.render(service)}
        files.update({f"api/{service.id}/{name}": text for name, text in texts.items()})
    files["api/services.cpp"] = services.render(loaded)
    return files


def write(path, text):
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def main():
    parser = argparse.ArgumentParser(prog="apigen", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    try:
        files = render(arguments.models)
    except model.ModelError as error:
        sys.exit(f"apigen: {error}")
    for name, text in sorted(files.items()):
        path = arguments.out.absolute() / name
        if arguments.list:
            print(path)
        else:
            write(path, text)


if __name__ == "__main__":
    main()
