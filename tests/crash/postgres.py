"""A PostgreSQL that can be killed."""

import asyncio
import os
import signal
import tempfile
from pathlib import Path
from typing import Self

from stroem.store.embedded import EmbeddedPostgres
from tests.crash.processes import family_of, until_gone


class Postgres:
    """An embedded PostgreSQL of its own, up within `async with`. Its address stays the same from start to start.

    Its folder is not one of pytest's: those are closed to other users again and again.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="stroem-crash-", ignore_cleanup_errors=True)
        self._server = EmbeddedPostgres(Path(self._folder.name) / "data")
        self.url = ""

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._server.stop)
        self._folder.cleanup()

    async def up(self) -> None:
        """Starts it; recovers what was committed before a kill."""
        self.url = await asyncio.to_thread(self._server.start)

    async def kill(self) -> None:
        """kill -9 of the postmaster and all its backends, none of which sees another die."""
        pid = self._server.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        family = family_of(pid)
        for member in family:
            os.kill(member, signal.SIGKILL)
        await until_gone(family)
