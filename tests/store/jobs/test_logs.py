"""Positions of log lines, and candidates for sealing, on SQL alone."""

import uuid

from stroem.store.database import Database
from stroem.store.logs import log_segments, logs
from stroem.store.logs.logs import LogClaim, LogHead, LogPiece
from tests.store.jobs.rows import add_job, add_worker, claim_alone, ready, waiting

SEAL_FROM = 100


async def append(
    database: Database, job_id: uuid.UUID, first_line: int, *lines: bytes, at: int = 1, attempt: int = 1
) -> None:
    """Appends a chunk of lines, each without its end, at a position."""
    body = b"".join(line + b"\n" for line in lines)
    piece = LogPiece(first_line=first_line, lines=len(lines), step=at, attempt=attempt, size=len(body), body=body)
    head = LogHead(next_chunk=1, lines=len(lines), added_bytes=len(body))
    async with database.begin() as connection:
        total = {job_id: first_line + len(lines)}
        await logs.append_lines(connection, [(job_id, piece)], {(job_id, at, attempt): head}, total, SEAL_FROM)


async def test_pieces_after_a_position_and_the_tail(database: Database) -> None:
    job_id = await add_job(database, ready(1), ready(2))
    await append(database, job_id, 0, b"a1", b"a2")
    await append(database, job_id, 2, b"b1", at=2)
    await append(database, job_id, 3, b"a3")
    async with database.read() as connection:
        found, more = await logs.log_pieces(connection, job_id, step=None, after=1, max_bytes=1000)
        of_b, _ = await logs.log_pieces(connection, job_id, step=2, after=0, max_bytes=1000)
        one, may_be_more = await logs.log_pieces(connection, job_id, step=None, after=0, max_bytes=1)
        starts = [await logs.tail_start(connection, job_id, step=None, lines=lines) for lines in (1, 2, 3, 9)]
        state = await logs.log_state(connection, job_id)
    assert [piece.body for piece in found] == [b"a1\na2\n", b"b1\n", b"a3\n"]
    assert not more
    assert [piece.first_line for piece in of_b] == [2]
    assert [piece.first_line for piece in one] == [0]
    assert may_be_more
    assert starts == [3, 2, 1, 0]
    assert state is not None
    assert state.lines == 4


async def test_a_claim_to_append_holds_for_the_running_attempt_and_worker_alone(database: Database) -> None:
    job_id = await add_job(database, ready(1), waiting(2))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    right = LogClaim(step=(job_id, 1), attempt=1, worker_id=worker_id)
    wrong = [
        LogClaim(step=(job_id, 1), attempt=2, worker_id=worker_id),
        LogClaim(step=(job_id, 1), attempt=1, worker_id=uuid.uuid4()),
        LogClaim(step=(job_id, 2)),
    ]
    async with database.read() as connection:
        heads = await logs.log_heads(connection, [right, *wrong])
    assert {claim: access.is_held for claim, access in heads.items()} == {right: True, **dict.fromkeys(wrong, False)}


async def test_a_log_is_due_for_sealing_from_so_many_bytes_on_and_leased_once(database: Database) -> None:
    job_id = await add_job(database, ready(1))
    await append(database, job_id, 0, b"x" * (SEAL_FROM // 2))
    async with database.begin() as connection:
        assert await log_segments.take_due_heads(connection, 10, 60) == {}
    await append(database, job_id, 1, b"x" * (SEAL_FROM // 2))
    async with database.begin() as connection:
        assert set(await log_segments.take_due_heads(connection, 10, 60)) == {(job_id, 1, 1)}
    async with database.begin() as connection:
        assert await log_segments.take_due_heads(connection, 10, 60) == {}


async def test_a_chunk_is_replaced_once_and_reads_at_the_same_position(database: Database) -> None:
    job_id = await add_job(database, ready(1))
    await append(database, job_id, 0, b"x" * SEAL_FROM)
    segment = LogPiece(first_line=0, lines=1, step=1, attempt=1, size=SEAL_FROM + 1, blob="b", start=0, length=20)
    async with database.begin() as connection:
        taken = await log_segments.take_due_heads(connection, 10, 60)
        assert await log_segments.replace_chunks(connection, [(job_id, segment)]) == [((job_id, 1, 1), SEAL_FROM + 1)]
        assert await log_segments.replace_chunks(connection, [(job_id, segment)]) == []
        await log_segments.cool_heads(connection, {(job_id, 1, 1): SEAL_FROM + 1}, taken, to_the_end=True)
        found, _ = await logs.log_pieces(connection, job_id, step=None, after=0, max_bytes=1000)
    assert found == [segment]


async def test_a_log_that_grows_while_it_is_sealed_stays_due(database: Database) -> None:
    job_id = await add_job(database, ready(1))
    await append(database, job_id, 0, b"x" * SEAL_FROM)
    async with database.begin() as connection:
        taken = await log_segments.take_due_heads(connection, 10, 60)
    await append(database, job_id, 1, b"x" * SEAL_FROM)
    async with database.begin() as connection:
        await log_segments.cool_heads(connection, {(job_id, 1, 1): SEAL_FROM + 1}, taken, to_the_end=False)
    async with database.begin() as connection:
        assert set(await log_segments.take_due_heads(connection, 10, 60)) == {(job_id, 1, 1)}


async def test_each_attempt_has_a_log_of_its_own(database: Database) -> None:
    job_id = await add_job(database, ready(1))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    await append(database, job_id, 0, b"a1")
    await append(database, job_id, 1, b"b1", b"b2", attempt=2)
    claims = {attempt: LogClaim(step=(job_id, 1), attempt=attempt) for attempt in (None, 1, 2, 3)}
    server = LogClaim(step=(job_id, logs.SERVER_STEP))
    async with database.read() as connection:
        heads = await logs.log_heads(connection, [*claims.values(), server])
        both, _ = await logs.log_pieces(connection, job_id, step=1, after=0, max_bytes=1000)
        second, _ = await logs.log_pieces(connection, job_id, step=1, attempt=2, after=0, max_bytes=1000)
        starts = [
            await logs.tail_start(connection, job_id, step=1, attempt=attempt, lines=9) for attempt in (None, 1, 2)
        ]
    assert [(heads[claim].attempt, heads[claim].head.lines) for claim in claims.values()] == [
        (1, 1), (1, 1), (2, 2), (3, 0),
    ]  # fmt: skip
    assert (heads[server].is_held, heads[server].attempt) == (False, 0)
    assert [(piece.attempt, piece.body) for piece in both] == [(1, b"a1\n"), (2, b"b1\nb2\n")]
    assert [piece.body for piece in second] == [b"b1\nb2\n"]
    assert starts == [0, 0, 1]
