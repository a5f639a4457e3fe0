"""Commands of plugins, and a cache of their summaries.

Help takes 75 ms with the cache; `importlib.metadata` would add 30 ms, importing the plugins at least 80 ms more. The
cache is valid while the modification times are the same of the folders in `sys.path` (an installation changes one) and
of the module files imported when it was made.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stroem.cli.program.user_files import cache_dir

if TYPE_CHECKING:
    import click

CACHE_VERSION = 1


def load() -> Mapping[str, "click.Command"]:
    """The commands by name. Imports all plugins."""
    from stroem.registry.registry import load_plugins  # imports plugins: help needs it only without a valid cache

    return {command.name: command for command in load_plugins().commands() if command.name}


def summaries() -> Mapping[str, str]:
    """Summaries of plugins' commands, by name."""
    cached = _read()
    if cached is not None:
        return cached
    from stroem.errors import StroemError

    try:
        commands = load()
    except StroemError:
        return {}  # two plugins in conflict: `stroem plugins` reports it
    found = {name: command.get_short_help_str(limit=70) for name, command in commands.items()}
    _write(found)
    return found


def _cache_file() -> Path:
    return cache_dir() / "plugin-commands.json"


def _read() -> Mapping[str, str] | None:
    try:
        cached = json.loads(_cache_file().read_bytes())
        if cached["version"] != CACHE_VERSION or cached["folders"] != _times(sys.path):
            return None
        if cached["files"] != _times(cached["files"]):
            return None
        commands: dict[str, str] = cached["commands"]
        return commands
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(commands: Mapping[str, str]) -> None:
    document = {
        "version": CACHE_VERSION,
        "folders": _times(sys.path),
        "files": _times(_loaded_files()),
        "commands": commands,
    }
    file = _cache_file()
    draft = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(document))
        draft.replace(file)
    except OSError:
        return  # a read-only home: help stays correct without the cache


def _loaded_files() -> list[str]:
    """Files of all imported modules outside the standard library, plugins among them."""
    return sorted(
        file
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] not in sys.stdlib_module_names and (file := getattr(module, "__file__", None))
    )


def _times(paths: Iterable[str]) -> dict[str, int]:
    times = {}
    for path in paths:
        try:
            times[path] = os.stat(path or ".").st_mtime_ns  # noqa: PTH116 (hundreds of files: pathlib is slower)
        except OSError:
            times[path] = 0
    return times
