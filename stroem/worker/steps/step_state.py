"""The state of one step: restored before it runs, collected and uploaded when it has run."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import orjson

from stroem.conversion.json_value import too_large
from stroem.files.state_archive import DOCUMENT, StateWriter, parsed_document
from stroem.files.tar_safety import TarballUnsafe
from stroem.protocol.claim import Claim
from stroem.worker.files.state_folders import path_of_task, path_of_workspace
from stroem.worker.files.threads import in_thread
from stroem.worker.files.work_dirs import WorkDir
from stroem.worker.steps.log_buffer import LogBuffer
from stroem.worker.steps.state_parser import StateParser
from stroem.worker.steps.state_transfer import StateNotStored, StatePlace, StateTransfer

_MOST_NOTES = 20


@attrs.frozen(kw_only=True)
class StoredState:
    """The ids of the snapshots of a step. `fault` is the reason why its state is not stored, which fails the step."""

    snapshots: tuple[uuid.UUID, ...] = ()
    fault: str | None = None
    notes: tuple[str, ...] = ()


class StepState:
    """The state of one step, of its task and of its workspace.

    `taken` waits until the server knows the step, and returns its claim.
    """

    def __init__(
        self,
        claim: Claim,
        work_dir: WorkDir,
        transfer: StateTransfer,
        taken: Callable[[], Awaitable[Claim]],
        *,
        most: int,
    ) -> None:
        self._taken = taken
        self._scratch = work_dir.root
        self._transfer = transfer
        self._most = most
        folders = work_dir.state
        self._task = StatePlace(path=path_of_task(claim), folder=folders.task, latest=claim.state_storage_key)
        self._workspace = StatePlace(
            path=path_of_workspace(claim), folder=folders.workspace, latest=claim.global_state_storage_key
        )
        self._bases: dict[str, str | None] = {}

    async def restore(self) -> None:
        """Unpacks the latest snapshots that the claim names. Raises `StateUnavailable` and `OSError`."""
        for place in (self._task, self._workspace):
            self._bases[place.path] = await self._transfer.download(place, self._scratch)

    async def store(self, printed: StateParser, log: LogBuffer) -> StoredState:
        """Uploads what the step has written and printed, if anything; the snapshots are published with its outcome."""
        if printed.fault is not None:
            return StoredState(fault=printed.fault)
        snapshots: list[uuid.UUID] = []
        notes: list[str] = []
        try:
            for place, values in ((self._task, printed.task), (self._workspace, printed.workspace)):
                if values is None and not _has_files(place.folder.new):
                    continue
                masked = None if values is None else orjson.loads(log.masked(orjson.dumps(values).decode()))
                snapshots.append(await self._store(place, masked, notes))
        except (StateNotStored, TarballUnsafe, OSError) as error:
            return StoredState(fault=f"The state cannot be stored: {error}", notes=tuple(notes))
        return StoredState(snapshots=tuple(snapshots), notes=tuple(notes))

    async def _store(self, place: StatePlace, values: Mapping[str, Any] | None, notes: list[str]) -> uuid.UUID:
        archive = self._scratch / "new-state.tar.gz"
        try:
            notes += await in_thread(_pack, place.folder.new, values, archive, self._most)
            return await self._transfer.upload(place, await self._taken(), self._bases.get(place.path), archive)
        finally:
            archive.unlink(missing_ok=True)


def _has_files(folder: Path) -> bool:
    """Whether the step has left files in its folder. Raises `TarballUnsafe` when it made a link of the folder."""
    if folder.is_symlink():
        raise TarballUnsafe(f"{folder} is a link")
    return folder.is_dir() and any(folder.iterdir())


def _pack(folder: Path, printed: Mapping[str, Any] | None, archive: Path, most: int) -> list[str]:
    """Packs a folder, with the printed values over its state.json; returns notes on what is left out."""
    document = _document(folder, printed, most)
    with archive.open("wb") as file:
        writer = StateWriter(file)
        writer.add_folder(folder)
        if document is not None:
            writer.add_document(document)
        writer.close()
    notes = [f"{name!r} is not kept in the state: no file, or a link that may lead out" for name in writer.left_out]
    return notes if len(notes) <= _MOST_NOTES else [*notes[:_MOST_NOTES], f"… and {len(notes) - _MOST_NOTES} more"]


def _document(folder: Path, printed: Mapping[str, Any] | None, most: int) -> Mapping[str, Any] | None:
    """The state.json. Raises `TarballUnsafe` for a file that is no JSON object, or too large."""
    path = folder / DOCUMENT
    if path.is_symlink() or not path.is_file():
        return printed
    if path.stat().st_size > most:
        raise TarballUnsafe(too_large(path.stat().st_size, most).replace("The output", DOCUMENT))
    return {**parsed_document(path.read_bytes()), **(printed or {})}
