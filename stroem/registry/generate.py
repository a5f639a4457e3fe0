"""Writes the schemas of the files of a workspace: `python -m stroem.registry.generate [--check]`."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from stroem.conversion.json_schema import Schema
from stroem.dialects.environment import Environment
from stroem.dialects.stroem_yaml.schema import workflow_schema
from stroem.dialects.workspace_file.schema import workspace_schema
from stroem.registry.registry import load_plugins
from stroem.rights.rules_file_schema import rules_schema

FOLDER = Path(__file__).parents[2] / "schemas"
SCHEMAS: Mapping[str, Callable[[], Schema]] = {
    "workflow.json": lambda: workflow_schema(Environment(runners={}, trigger_types=load_plugins().trigger_types)),
    "workspace.json": workspace_schema,
    "rules.json": rules_schema,
}


def main() -> int:
    """Writes the files; with `--check`, exits with 1 when one is not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a file is not current")
    check = parser.parse_args().check
    return max(_is_behind(name) if check else _write(name) for name in SCHEMAS)


def text_of(name: str) -> str:
    """The content of a schema file."""
    return json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False) + "\n"


def _write(name: str) -> int:
    (FOLDER / name).write_text(text_of(name), encoding="utf-8")
    return 0


def _is_behind(name: str) -> int:
    path = FOLDER / name
    current = path.exists() and path.read_text(encoding="utf-8") == text_of(name)
    if not current:
        sys.stderr.write(f"{name} is not current; run: python -m stroem.registry.generate\n")
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main())
