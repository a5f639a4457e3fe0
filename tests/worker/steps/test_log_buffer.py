"""Lines on their way: bounded in memory, in order, each chunk with one number and one content."""

import asyncio
import uuid
from pathlib import Path

import pytest

from stroem.protocol.steps import StepAttempt
from stroem.worker.steps.line_encoder import PIECE_BYTES, Piece
from stroem.worker.steps.log_buffer import MEMORY_BYTES, LogBuffer
from stroem.worker.steps.spool import Spool
from stroem.worker.steps.token_mask import TokenMask


class Lines:
    """A log whose server is away or not, as a test says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.away = False
        self.news = 0
        spool = Spool(path.parent, path.name, lambda: self.away)
        attempt = StepAttempt(job_id=uuid.uuid4(), step_name="a", attempt=1)
        self.log = LogBuffer(attempt, first_chunk=3, spool=spool, mask=TokenMask("t" * 32), on_lines=self._on_lines)

    def _on_lines(self) -> None:
        self.news += 1

    def take_all(self) -> bytes:
        data = b""
        while chunk := self.log.take():
            assert len(chunk.data) <= PIECE_BYTES
            data += chunk.data
            self.log.confirm()
        return data


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    return Lines(tmp_path / "spool.log")


def piece(number: int, size: int = 10) -> Piece:
    return Piece(b"%0*d\n" % (size - 1, number), 1)


async def test_what_came_together_travels_together(lines: Lines) -> None:
    await lines.log.append(piece(1))
    await lines.log.append(piece(2))
    chunk = lines.log.take()
    assert chunk is not None
    assert (chunk.chunk, chunk.lines, chunk.data) == (3, 2, piece(1).data + piece(2).data)
    assert lines.news == 2


async def test_one_chunk_is_out_at_a_time(lines: Lines) -> None:
    await lines.log.append(piece(1))
    lines.log.take()
    await lines.log.append(piece(2))
    assert lines.log.take() is None
    lines.log.confirm()
    following = lines.log.take()
    assert following is not None
    assert (following.chunk, following.data) == (4, piece(2).data)


async def test_a_chunk_put_back_comes_again_as_it_was(lines: Lines) -> None:
    await lines.log.append(piece(1))
    first = lines.log.take()
    await lines.log.append(piece(2))
    lines.log.put_back()
    assert lines.log.take() == first


async def test_a_step_waits_when_memory_is_full(lines: Lines) -> None:
    for number in range(4):
        await lines.log.append(piece(number, MEMORY_BYTES // 4))
    waiting = asyncio.create_task(lines.log.append(piece(9)))
    await asyncio.sleep(0)
    assert not waiting.done()
    lines.log.take()
    await waiting


async def test_a_step_does_not_wait_for_a_server_that_is_away(lines: Lines) -> None:
    lines.away = True
    pieces = [piece(number, 100_000) for number in range(50)]
    for one in pieces:
        await lines.log.append(one)
    assert lines.path.stat().st_size > 3_000_000
    assert lines.take_all() == b"".join(one.data for one in pieces)
    assert lines.log.empty
    assert not lines.path.exists()


async def test_a_waiting_step_goes_on_when_the_server_goes_away(lines: Lines) -> None:
    await lines.log.append(piece(0, MEMORY_BYTES))
    waiting = asyncio.create_task(lines.log.append(piece(1)))
    await asyncio.sleep(0)
    lines.away = True
    lines.log.recheck_room()
    await waiting
    assert lines.take_all() == piece(0, MEMORY_BYTES).data + piece(1).data


async def test_the_file_does_not_grow_when_the_server_is_back(lines: Lines) -> None:
    lines.away = True
    for number in range(3):
        await lines.log.append(piece(number, MEMORY_BYTES // 2 + 1))
    lines.away = False
    waiting = asyncio.create_task(lines.log.append(piece(9)))
    await asyncio.sleep(0)
    assert not waiting.done()
    before = lines.take_all()
    await waiting
    assert before + lines.take_all() == b"".join(
        [*(piece(number, MEMORY_BYTES // 2 + 1).data for number in range(3)), piece(9).data]
    )


async def test_a_full_disk_makes_the_step_wait(lines: Lines) -> None:
    lines.path.mkdir()
    lines.away = True
    await lines.log.append(piece(0, MEMORY_BYTES))
    waiting = asyncio.create_task(lines.log.append(piece(1)))
    await asyncio.sleep(0)
    assert not waiting.done()
    lines.log.close()
    await waiting


async def test_a_closed_log_takes_and_gives_nothing(lines: Lines) -> None:
    await lines.log.append(piece(1))
    lines.log.close()
    await lines.log.append(piece(2))
    assert lines.log.empty
    assert lines.log.take() is None
