"""What all lines share: one PostgreSQL, one temporary folder, the options of the run."""

import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import psycopg

from stroem.store.embedded import EmbeddedPostgres
from tests.benchmarks import statements


@attrs.frozen(kw_only=True)
class Bench:
    """One run of the benchmarks. `figures` holds what one line measures and another compares with."""

    root: Path
    postgres: EmbeddedPostgres
    postgres_url: str
    profile: bool
    figures: dict[str, float] = attrs.field(factory=dict)

    async def database(self) -> str:
        """The address of a fresh, empty database."""
        name = f"bench_{uuid.uuid4().hex}"
        async with await psycopg.AsyncConnection.connect(self.postgres_url, autocommit=True) as connection:
            await connection.execute(f"CREATE DATABASE {name}".encode())
            for setting in statements.SETTINGS if self.profile else ():
                await connection.execute(f"ALTER DATABASE {name} SET {setting}".encode())
        return self.postgres_url.replace("/postgres?", f"/{name}?")

    @property
    def postgres_log(self) -> Path:
        """Where PostgreSQL writes what it has to say."""
        return self.root / "postgres" / "log"

    def folder(self, name: str) -> Path:
        """A new folder that lives as long as the run."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.root))


@asynccontextmanager
async def open_bench(*, profile: bool) -> AsyncIterator[Bench]:
    """Starts PostgreSQL in a temporary folder; both are gone at the end."""
    root = Path(tempfile.mkdtemp(prefix="stroem-bench-"))
    root.chmod(0o755)  # PostgreSQL may run under another account
    try:
        postgres = EmbeddedPostgres(root / "postgres")
        url = postgres.start()  # not in a thread: a signal waits until it runs
        try:
            yield Bench(root=root, postgres=postgres, postgres_url=url, profile=profile)
        finally:
            postgres.stop()
    finally:
        shutil.rmtree(root, ignore_errors=True)
