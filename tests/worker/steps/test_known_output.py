"""A stream that comes again from its beginning: what the log has already is left out, and nothing else."""

import random
import uuid
from pathlib import Path

import orjson
import pytest

from stroem.protocol.steps import LogLines, StepAttempt
from stroem.worker.steps.log_buffer import LogBuffer
from stroem.worker.steps.output import StepOutput
from stroem.worker.steps.spool import Spool
from stroem.worker.steps.token_mask import TokenMask


def open_log(tmp_path: Path, *, away: bool = False) -> LogBuffer:
    attempt = StepAttempt(job_id=uuid.uuid4(), step_name="a", attempt=1)
    spool = Spool(tmp_path, f"{uuid.uuid4()}.log", lambda: away)
    return LogBuffer(attempt, first_chunk=0, spool=spool, mask=TokenMask("t" * 32), on_lines=lambda: None)


def taken(log: LogBuffer) -> list[LogLines]:
    chunks = []
    while chunk := log.take():
        chunks.append(chunk)
        log.confirm()
    return chunks


def lines_of(chunks: list[LogLines], stream: str) -> list[str]:
    lines = [orjson.loads(line) for chunk in chunks for line in bytes(chunk.data).splitlines()]
    return [line["line"] for line in lines if line["stream"] == stream]


@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("seed", range(8))
async def test_a_log_that_is_cut_anywhere_is_whole_in_the_end(tmp_path: Path, seed: int, away: bool) -> None:
    rng = random.Random(seed)
    streams = {
        name: b"".join(rng.choice([b"\n", b"x" * 5000, b"ab\n", b"\xc3\xa4", b"cd"]) for _ in range(2000)) + b"end"
        for name in ("stdout", "stderr")
    }
    known, found = {"stdout": 0, "stderr": 0}, []
    for is_last in (False, False, True):
        log = open_log(tmp_path, away=away)
        output = StepOutput(log, "a", output_bytes=1000, known=known)
        for name, data in streams.items():
            at, stop = 0, len(data) if is_last else rng.randrange(known[name], len(data))
            while at < stop:
                size = rng.randrange(1, 9000)
                await output.write(name, data[at : min(at + size, stop)])
                at += size
                found += taken(log)
        if is_last:
            await output.finish()
        found += taken(log)  # what is not taken is lost with the worker
        last = found[-1]
        known = {"stdout": max(known["stdout"], last.stdout_bytes), "stderr": max(known["stderr"], last.stderr_bytes)}
    assert known == {name: len(data) for name, data in streams.items()}
    for name, data in streams.items():
        assert lines_of(found, name) == data.decode().split("\n")


async def test_known_bytes_are_parsed_again(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    printed = b'OUTPUT: {"n": 1}\nSTATE: {"s": 2}\nmore\n'
    output = StepOutput(log, "a", output_bytes=1000, known={"stdout": len(printed) - 5, "stderr": 0})
    await output.write("stdout", printed)
    await output.finish()
    assert output.value == b'{"n":1}'
    assert output.state.task == {"s": 2}
    assert lines_of(taken(log), "stdout") == ["more"]


async def test_a_line_that_was_shown_before_its_end_is_not_ended_twice(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    output = StepOutput(log, "a", output_bytes=1000, known={"stdout": 8, "stderr": 0})
    await output.write("stdout", b"question\nnext\n")
    await output.finish()
    assert lines_of(taken(log), "stdout") == ["next"]


async def test_bytes_that_do_not_come_again_are_told(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    output = StepOutput(log, "a", output_bytes=1000, known={"stdout": 100, "stderr": 0})
    await output.write("stdout", b"little\n")
    await output.finish()
    assert lines_of(taken(log), "stderr") == ["93 bytes of stdout could not be read again; lines may be missing here"]


async def test_bytes_are_not_counted_where_nobody_goes_on(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    output = StepOutput(log, "a", output_bytes=1000)
    await output.write("stdout", b"a\n")
    assert [chunk.stdout_bytes for chunk in taken(log)] == [0]
