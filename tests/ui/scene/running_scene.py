"""A scene: a server full of data."""

import json
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import attrs
import psycopg

from tests.ui.scene import jobs, libraries, models, releases, repositories, states
from tests.ui.scene.people import LATEST, NAMES
from tests.ui.scene.server import Running, server

Size = Literal["small", "full"]
MARKER = "scene.json"


@attrs.frozen(kw_only=True)
class Extent:
    """Size of a scene: all workspaces or six, jobs of the past, items, lines and steps of the largest jobs."""

    workspaces: tuple[str, ...]
    jobs: int
    items: int
    lines: int
    wide: int | None


EXTENTS: dict[Size, Extent] = {
    "small": Extent(workspaces=repositories.WRITTEN, jobs=500, items=60, lines=5_000, wide=None),
    "full": Extent(workspaces=tuple(LATEST), jobs=100_000, items=10_000, lines=1_000_000, wide=5_000),
}
_BATCH = 10_000


@asynccontextmanager
async def scene(
    folder: Path,
    size: Size = "small",
    *,
    port: int = 0,
    seed: int = 1,
    keep: bool = False,
    told: Callable[[str], None] = lambda text: None,
) -> AsyncIterator[Running]:
    """Runs a server full of data during the block. What a former scene left in the folder is deleted, unless with
    `keep` it is of the same size: then it goes on.

    Jobs of the past are copies of jobs that run for real when the scene is made. Apart from times and ids, a seed
    always makes the same.
    """
    if keep and _made_size(folder) == size:
        async with server(folder, _urls(folder), port=port, prepare=_leave) as running:
            yield running
        return
    extent, begun = EXTENTS[size], time.monotonic()

    def tell(what: str) -> None:
        told(f"{time.monotonic() - begun:6.1f} s  {what}")

    _clear(folder)
    git = folder / "git"
    git.mkdir()
    libraries.make(folder)
    sources = {name: repositories.make(git, name, steps=extent.wide or 40) for name in extent.workspaces}

    async def prepare(database: str) -> None:
        await releases.insert_former(database, list(sources))

    urls = {name: one.url for name, one in sources.items()}
    async with server(folder, urls, port=port, prepare=prepare) as running:
        tell("server and workers are up")
        await states.advance(running, sources)
        async with running.connection() as connection:
            await releases.complete_former(connection)
        tell("workspaces are reconciled")
        made = await models.run(running, seed=seed)
        tell(f"{len(made)} jobs have run")
        large = await states.start_live(running, items=extent.items, lines=extent.lines, wide=extent.wide)
        await states.set_workspaces(running, sources)
        tell("jobs run and wait; workspaces have their states")
        await _insert(running, made, extent.jobs, seed)
        tell(f"{extent.jobs} jobs of the past are there")
        await running.ended(large)
        tell("the large jobs have ended")
        (folder / MARKER).write_text(json.dumps({"made": time.time(), "size": size}))
        yield running


async def _insert(running: Running, made: list[jobs.Model], count: int, seed: int) -> None:
    copies = jobs.plan(made, count, seed, NAMES)
    for first in range(0, count, _BATCH):
        async with running.connection() as connection:
            await jobs.insert(connection, copies[first : first + _BATCH])
    await models.remove(running, made)
    async with await psycopg.AsyncConnection.connect(running.database, autocommit=True) as connection:
        await connection.execute("VACUUM ANALYZE" if count > _BATCH else "ANALYZE")


def _made_size(folder: Path) -> Any:
    """The size of the scene that was made in a folder; None without one, or if it was not made to its end."""
    marker = folder / MARKER
    return json.loads(marker.read_text()).get("size") if marker.exists() else None


def _urls(folder: Path) -> dict[str, str]:
    """The repositories of the scene in a folder, by workspace."""
    return {path.stem: path.as_uri() for path in sorted((folder / "git").iterdir())}


async def _leave(database: str) -> None:
    """Leaves the database as it is."""


def _clear(folder: Path) -> None:
    """Empties the folder of a former scene. Raises `FileExistsError` for another one that is not empty."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not (folder / MARKER).exists():
        raise FileExistsError(f"{folder} is not empty, and no folder of a scene")
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / MARKER).write_text(json.dumps({"made": time.time()}))
