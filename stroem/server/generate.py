"""Writes `schemas/openapi.json`: `python -m stroem.server.generate [--check]`."""

import argparse
import json
import sys
from pathlib import Path

from stroem.server.http.openapi import openapi_document
from stroem.server.routes import ROUTES

PATH = Path(__file__).parents[2] / "schemas" / "openapi.json"


def main() -> int:
    """Writes the file; with `--check` compares it instead (exit code 1 if it differs)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when the file is not current")
    check = parser.parse_args().check
    text = json.dumps(openapi_document(ROUTES), indent=2, ensure_ascii=False) + "\n"
    if not check:
        PATH.write_text(text)
        return 0
    current = PATH.exists() and PATH.read_text() == text
    if not current:
        sys.stderr.write(f"{PATH.name} is not current; run: python -m stroem.server.generate\n")
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main())
