"""`stroem state upload`, `stroem state download` and `stroem state rollback`."""

import tarfile
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.state.common import Scope, number_argument, number_or_latest, state_options
from stroem.cli.commands.workspace.common import user_name
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.options import Address, json_output

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

UPLOAD_SECS = 600.0


@click.command("upload")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--mode", type=click.Choice(["replace", "merge"]), default="replace", show_default=True, help="How.")
@click.option("--state", "values", multiple=True, metavar="KEY=VALUE", help="A text in the state.json; repeatable.")
@state_options
@json_output
def upload(
    address: Address, scope: Scope, files: tuple[Path, ...], mode: str, values: tuple[str, ...], as_json: bool
) -> None:
    """Make a snapshot from files and folders, and from values for the state.json.

    With `--mode replace` nothing of the latest snapshot stays; with `merge`, what is not uploaded stays. A folder keeps
    its name.

    \b
    Examples:
      stroem state upload -t sync --state cursor=17 --mode merge
      stroem state upload --global certificates/
    """
    query = dict(_pair(value) for value in values)
    if not files and not query:
        raise click.UsageError("nothing to upload: give files, or --state KEY=VALUE")

    async def send(client: "Client") -> dict[str, Any]:
        with tempfile.TemporaryFile() as archive:
            _pack(files, archive)
            path = await scope.path(client)
            return await client.upload(path, archive, {**query, "mode": mode}, within=UPLOAD_SECS)

    _show(run_with_client(address, send), as_json=as_json)


@click.command("download")
@number_argument
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where to; else state-N.tar.gz.")
@state_options
@json_output
def download(address: Address, scope: Scope, number: int | None, output: Path | None, as_json: bool) -> None:
    """Download the archive of a snapshot, a gzipped tar; of the latest without NUMBER.

    \b
    Example:
      stroem state download -t sync 3 -o sync.tar.gz
    """

    async def receive(client: "Client") -> Path:
        which = await number_or_latest(client, scope, number)
        target = output or Path(f"state-{which}.tar.gz")
        try:
            await client.download(await scope.path(client, which, "archive"), target, within=UPLOAD_SECS)
        except OSError as error:
            raise Refused(f"{target} cannot be written: {error.strerror}") from error
        return target

    target = run_with_client(address, receive)
    if as_json:
        print_json({"file": str(target)})
    else:
        echo(str(target))


@click.command("rollback")
@click.argument("number", type=click.IntRange(min=1))
@click.option("--by", metavar="NAME", help="Who does it, for the record; your user name if left out.")
@click.option("--reason", metavar="TEXT", help="Why, for those who look at it later.")
@state_options
@json_output
def rollback(address: Address, scope: Scope, number: int, by: str | None, reason: str | None, as_json: bool) -> None:
    """Bring a snapshot back: makes a new one that equals it.

    \b
    Example:
      stroem state rollback -t sync 3 --reason "the cursor was wrong"
    """

    async def send(client: "Client") -> dict[str, Any]:
        body = {"snapshot": number, "by": by or user_name(), "reason": reason}
        found: dict[str, Any] = await client.post(*await scope.path(client, "rollback"), body=body)
        return found

    _show(run_with_client(address, send), as_json=as_json)


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not key or not separator or key == "mode":
        raise click.UsageError(f"--state {text!r}: expected KEY=VALUE, with another key than `mode`")
    return key, value


def _pack(files: tuple[Path, ...], archive: IO[bytes]) -> None:
    if files:
        with tarfile.open(fileobj=archive, mode="w:gz") as writer:
            for path in files:
                writer.add(path, arcname=f"./{path.resolve().name}")
    archive.seek(0)


def _show(made: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(made)
    else:
        echo(f"Snapshot {made['number']} is the current state; job {made['job_id']} records it.")
