"""Steps of a watched job that no worker can run."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stroem.cli.output.errors import Failure
from stroem.cli.output.output import one_line

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

QUIET_SECS = 2
"""Seconds without a line of the log after which the server is asked."""

AGAIN_SECS = 10
"""Seconds until it is asked again, if no line comes."""


async def tell_unmet_needs(client: "Client", job_id: str, heard: asyncio.Event, tell: Callable[[str], object]) -> None:
    """Tells, once for each reason, that steps wait for a worker that is not there. Runs until it is cancelled.

    `heard` is set with each line of the log.
    """
    told: set[str] = set()
    while True:
        heard.clear()
        if await _is_set(heard, QUIET_SECS):
            continue
        try:
            waiting = await client.get("jobs", job_id, "waiting")
        except Failure:  # the stream of the log tells of a server that is away
            waiting = {"blockers": ()}
        for reason, line in _lines(waiting["blockers"]):
            if reason not in told:
                told.add(reason)
                tell(line)
        await _is_set(heard, AGAIN_SECS)


def _lines(blockers: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The reasons why steps wait for workers, each with a line about its steps."""
    steps: dict[str, list[str]] = {}
    for blocker in blockers:
        if blocker["kind"] == "worker":
            steps.setdefault(blocker["text"], []).append(blocker["step"])
    for text, (first, *others) in steps.items():
        who = f"{one_line(first)} waits"
        if others:
            who = f"{one_line(first)} and {len(others)} more step{'' if len(others) == 1 else 's'} wait"
        yield text, f"{who}: {one_line(text)}"


async def _is_set(event: asyncio.Event, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            return await event.wait()
    except TimeoutError:
        return False
