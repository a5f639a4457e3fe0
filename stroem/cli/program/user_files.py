"""Files of the user: settings file of a server or worker, cache folder."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from stroem.cli.output.errors import Failure


def cache_dir() -> Path:
    """`stroem` in the user's cache folder; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 (pathlib's raises)
    return Path(base) / "stroem"


def config_option(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds `--config`; the command receives it as `config`, None when it was not given."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        envvar="STROEM_CONFIG",
        show_envvar=True,
        help=f"Settings file.  [default: {default}]",
    )


def config_file(given: Path | None, default: str, environ: Mapping[str, str]) -> Path | None:
    """Path of the settings file; None when there is none and the environment has the settings."""
    if given is not None:
        return given
    if Path(default).exists():
        return Path(default)
    if any(name.startswith("STROEM__") for name in environ):
        return None
    raise Failure(
        f"There is no {default} here. Name a settings file with --config or STROEM_CONFIG, "
        "or start everything without one: stroem up"
    )
