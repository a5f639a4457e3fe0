"""The settings file of the programs that stay."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from stroem.cli.program.errors import Failure


def config_option(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds `--config`; the command gets it as `config`, None when it was not given."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        envvar="STROEM_CONFIG",
        show_envvar=True,
        help=f"Settings file.  [default: {default}]",
    )


def config_file(given: Path | None, default: str, environ: Mapping[str, str]) -> Path | None:
    """The file to read; None when there is none and the environment must hold all settings."""
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
