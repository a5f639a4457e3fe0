"""Download of artifacts of a job."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stroem.cli.output.errors import Refused
from stroem.definitions.artifact_names import name_problem

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

DOWNLOAD_SECS = 3600.0
_PART = ".part"


async def download_artifact(client: "Client", job_id: str, artifact: dict[str, Any], output: Path) -> None:
    """Writes an artifact to its place below a folder, once its SHA-256 is as the server tells. Raises `Refused`."""
    name = artifact["name"]
    if (problem := name_problem(name)) is not None:
        raise Refused(f"{name!a} is not written: the name {problem}")
    target = output / name
    try:
        part = _part(target, output)
        await client.download(("jobs", job_id, "artifacts", name), part, within=DOWNLOAD_SECS)
        _keep(part, target, artifact["sha256"])
    except OSError as error:
        raise Refused(f"{target} cannot be written: {error.strerror}") from error


def _part(target: Path, output: Path) -> Path:
    """The file to write first. Makes the folders."""
    if not target.parent.resolve().is_relative_to(output.resolve()):
        raise Refused(f"{target} is not written: a link leads out of {output}")
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(target.name + _PART)


def _keep(part: Path, target: Path, expected: str) -> None:
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != expected:
        part.unlink()
        raise Refused(f"{target} arrived damaged: its SHA-256 is {digest}, expected {expected}")
    part.replace(target)
