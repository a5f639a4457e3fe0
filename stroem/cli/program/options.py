"""Options and arguments shared by commands."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from stroem.cli.program.credentials import credential_for

DEFAULT_URL = "http://localhost:8080"
WORKSPACE_VARIABLE = "STROEM_WORKSPACE"

Callback = Callable[..., Any]


class Address(NamedTuple):
    """URL of the server and its token, if any."""

    url: str
    token: str | None = None


def server_option(callback: Callback) -> Callback:
    """Adds `--server`; the command receives it as `server_url`, without a slash at its end."""

    @click.option(
        "--server",
        "server_url",
        envvar="STROEM_URL",
        default=DEFAULT_URL,
        show_default=True,
        show_envvar=True,
        metavar="URL",
        help="Address of the server.",
    )
    @wraps(callback)
    def command(*, server_url: str, **rest: Any) -> Any:
        return callback(server_url=server_url.rstrip("/"), **rest)

    return command


def remote(callback: Callback) -> Callback:
    """Adds `--server` and `--token`; the command receives them as `address`.

    Without a token, the API key of `stroem login` is borne to the address that it was made for.
    """

    @server_option
    @click.option("--token", envvar="STROEM_TOKEN", show_envvar=True, help="Token or API key.  [default: of login]")
    @wraps(callback)
    def command(*, server_url: str, token: str | None, **rest: Any) -> Any:
        kept = None if token else credential_for(server_url)
        return callback(address=Address(server_url, kept.token if kept else token), **rest)

    return command


def json_output(callback: Callback) -> Callback:
    """Adds `--json`; the command receives it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(callback)


def _workspace(text: str) -> Callable[[Callback], Callback]:
    """Adds `-w/--workspace` with a help text; its default is in the environment, where steps find their own."""
    return click.option("-w", "--workspace", envvar=WORKSPACE_VARIABLE, show_envvar=True, metavar="NAME", help=text)


def workspace_filter(callback: Callback) -> Callback:
    """Adds `-w/--workspace` as an optional filter."""
    return _workspace("Only this workspace.")(callback)


def no_cache_option(callback: Callback) -> Callback:
    """Adds `--no-cache`."""
    return click.option("--no-cache", is_flag=True, help="Run all steps, although there are earlier results of some.")(
        callback
    )


def workspace_option(callback: Callback) -> Callback:
    """Adds `-w/--workspace`; None means `default`, or the server's only workspace."""
    return workspace_of("the task")(callback)


def workspace_of(noun: str) -> Callable[[Callback], Callback]:
    """Adds `-w/--workspace`, the workspace of a noun (`the task`); None means `default`, or the server's only one."""
    return _workspace(f"Workspace of {noun}.  [default: default, or the only one]")


def local_path(*, default: str | None, note: str) -> Callable[[Callback], Callback]:
    """Adds `--path`, the folder of a workspace; the command receives it as `path`."""
    return click.option(
        "--path",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=default,
        show_default=default is not None,
        help=f"Folder of the workspace{note}.",
    )


def timeout_option(callback: Callback) -> Callback:
    """Adds `--timeout`; the command receives it as `timeout`."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECS",
        help="Stop waiting after so many seconds; the job goes on. The exit code is 7.",
    )(callback)


def refuse_idle_timeout(timeout: float | None, *, waits: bool, options: str) -> None:
    """Raises `click.UsageError` for a `--timeout` without a wait."""
    if timeout is not None and not waits:
        raise click.UsageError(f"--timeout ends a wait, and nothing is waited for: add {options}, or leave it out")


def job_argument(callback: Callback) -> Callback:
    """Adds the argument JOB: a job id or a prefix of one."""
    return click.argument("job", metavar="JOB")(callback)
