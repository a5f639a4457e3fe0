"""What the machine gives without the product: the limits that figures are compared with."""

import asyncio
import time

import psycopg

from tests.benchmarks.bench import Bench
from tests.benchmarks.table import Row

NAME = "limits"
COMMITS = 1_000
CONNECTIONS = 8


async def measure(bench: Bench) -> list[Row]:
    """The bare limits."""
    many, one = await spawn_rate(16), await spawn_rate(1)
    single, several = await commit_rate(bench, 1), await commit_rate(bench, CONNECTIONS)
    return [
        Row(line="bare spawn, 16 at a time", figure=f"{many:,.0f}/s", values={"per_sec": many}),
        Row(line="bare spawn, one at a time", figure=f"{one:,.0f}/s ({1000 / one:.2f} ms)", values={"per_sec": one}),
        Row(line="bare commit, one connection", figure=f"{single:,.0f}/s", values={"per_sec": single}),
        Row(line=f"bare commit, {CONNECTIONS} connections", figure=f"{several:,.0f}/s", values={"per_sec": several}),
    ]


async def spawn_rate(at_a_time: int, seconds: float = 0.7) -> float:
    """How many `/bin/sh -c true` a second asyncio alone starts and sees end, this many at a time."""
    count = 0
    begun = time.perf_counter()

    async def spawn() -> None:
        nonlocal count
        while time.perf_counter() - begun < seconds:
            process = await asyncio.create_subprocess_exec("/bin/sh", "-c", "true")
            await process.wait()
            count += 1

    await asyncio.gather(*(spawn() for _ in range(at_a_time)))
    return count / (time.perf_counter() - begun)


async def commit_rate(bench: Bench, connections: int) -> float:
    """How many transactions of one small row a second PostgreSQL commits."""
    url = await bench.database()

    async def commit(table: str) -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute(f"CREATE TABLE {table} (id int, note text)".encode())
            barrier.append(time.perf_counter())
            for number in range(COMMITS):
                await connection.execute(f"INSERT INTO {table} VALUES (%s, 'x')".encode(), (number,))

    barrier: list[float] = []
    await asyncio.gather(*(commit(f"t{number}") for number in range(connections)))
    return COMMITS * connections / (time.perf_counter() - min(barrier))
