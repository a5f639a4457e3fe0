"""A workspace folder, a blob store, and reconcilers as replicas have them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.reconciler.following.dependencies import Record, TellOthers
from stroem.reconciler.following.polling import poll_now
from stroem.reconciler.libraries.library import Library
from stroem.reconciler.services import Reconciler, ReconcilerOptions, build_reconciler, run_reconciler
from stroem.reconciler.workspaces.stages import STAGES, Stage
from stroem.registry.registry import Registry, load_plugins
from stroem.settings.server import DbSettings, LibrarySettings, ServerSettings, WorkspaceSettings
from stroem.store.database import Database
from stroem.store.events.events import add_events

MakeReconciler = Callable[..., Reconciler]


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_plugins()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore((tmp_path / "blobs").as_uri())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    (folder / ".workflows").mkdir(parents=True)
    return folder


@pytest.fixture
def make_reconciler(database: Database, blobs: BlobStore, registry: Registry, folder: Path) -> MakeReconciler:
    """Makes one more replica; without settings it has the one workspace `main` in the folder."""

    def make(
        *,
        libraries: Mapping[str, LibrarySettings] | None = None,
        library_urls: tuple[str, ...] = ("*",),
        record: Record = add_events,
        tell_others: TellOthers = lambda _: None,
        stages: Sequence[Stage] = STAGES,
        **workspaces: WorkspaceSettings,
    ) -> Reconciler:
        settings = ServerSettings(
            listen="127.0.0.1:0",
            db=DbSettings(url="postgresql://unused"),
            worker_token="w" * 32,
            cache_dir=folder.parent / "cache",
            library_urls=library_urls,
            libraries=dict(libraries or {}),
            workspaces=workspaces or {"main": folder_settings(folder)},
        )
        options = ReconcilerOptions(
            registry=registry, settings=settings, record=record, tell_others=tell_others, stages=stages
        )
        return build_reconciler(database, blobs, options)

    return make


def folder_settings(path: Path, poll_interval_secs: float = 3600) -> WorkspaceSettings:
    return WorkspaceSettings(type="folder", options={"path": str(path)}, poll_interval_secs=poll_interval_secs)


def write_task(folder: Path, name: str, *, script: str = "echo hello", file: str | None = None) -> Path:
    """Writes a file with one task of one step."""
    path = folder / ".workflows" / f"{file or name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"""\
actions:
  {name}-action:
    type: script
    script: {script}
tasks:
  {name}:
    flow:
      first:
        action: {name}-action
"""
    )
    return path


async def poll_library(reconciler: Reconciler, key: str) -> Library:
    """Polls a library now."""
    library = reconciler.libraries.get_followed(key)
    assert library is not None
    await poll_now(reconciler.deps.database, reconciler.libraries, library)
    return library


@contextlib.asynccontextmanager
async def running(reconciler: Reconciler) -> AsyncIterator[None]:
    """Runs a reconciler for as long as the block."""
    task = asyncio.create_task(run_reconciler(reconciler))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
