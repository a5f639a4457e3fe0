"""Programs of others that decrypt or read secrets."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence

from stroem.conversion.bounded import read_bounded
from stroem.interfaces.secret_store import StoreFailed

_MOST_BYTES = 1024 * 1024
_PIECE = 64 * 1024
_GRACE_SECS = 2


class ProgramFailed(Exception):
    """The program has ended with an error. The message is its exit code: what it told may have parts of secrets."""


async def run_program(words: Sequence[str], given: bytes = b"", more: Mapping[str, str] | None = None) -> bytes:
    """Runs a program with an input; returns its output, of at most a mebibyte.

    It has the variables of the server and `more`. It is killed, with its group, when the caller is cancelled. Raises
    `StoreFailed` if it cannot be run, `ProgramFailed` if it fails.
    """
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    environment = {**os.environ, **(more or {})}
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdin=pipe, stdout=pipe, stderr=nowhere, env=environment, start_new_session=True
        )
    except OSError as error:
        raise StoreFailed(f"cannot run the program {words[0]}: {error.strerror}") from None
    try:
        output, _ = await asyncio.gather(_read(process.stdout), _give(process, given))
        code = await process.wait()
    except ValueError:
        await _kill(process)
        raise ProgramFailed(f"its output has more than {_MOST_BYTES} bytes") from None
    except BaseException:
        await _kill(process)
        raise
    if code != 0:
        raise ProgramFailed(f"exit code {code}")
    return output


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Kills the program and what it has started in its group, which may outlive it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):  # what has left the group may keep the pipes open
        async with asyncio.timeout(_GRACE_SECS):
            await process.communicate()  # its end is seen only when its pipes are read


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    assert stream is not None
    return await read_bounded(_pieces(stream), _MOST_BYTES)


async def _pieces(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while piece := await stream.read(_PIECE):
        yield piece


async def _give(process: asyncio.subprocess.Process, given: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(given)
        await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):  # it ended before it read all
        pass
    process.stdin.close()
