"""Approvals that are asked for at the terminal while a job is watched."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import click

from stroem.cli.client.form import ask_values, at_terminal
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import echo, one_line

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

T = TypeVar("T")
_POLL_SECS = 0.3
_THREAD = "approval question"


class ApprovalAsker:
    """Asks for the answer to each step that waits for one. Without a terminal, tells how to answer it.

    `asking` is entered while a question is open.
    """

    def __init__(self, client: "Client", asking: Callable[[], AbstractContextManager[object]]) -> None:
        self._client = client
        self._asking = asking
        self._seen: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Asks until it is cancelled."""
        while True:
            page = await self._client.get("approvals", limit=100)
            for item in reversed(page["items"]):
                key = (item["job_id"], item["step_name"])
                if key not in self._seen:
                    self._seen.add(key)
                    await self._ask(item)
            await asyncio.sleep(_POLL_SECS)

    async def _ask(self, item: dict[str, Any]) -> None:
        job_id, step = item["job_id"], item["step_name"]
        question = f"Step {one_line(step)} waits for an approval: {one_line(item['approval_message'] or '')}"
        if not at_terminal():
            command = f"STROEM_URL={self._client.address.url} stroem approve {job_id} '{one_line(step)}'"
            echo(f"{question} Answer it with: {command}", err=True)
            return
        while True:
            with self._asking():
                body = await _in_thread(lambda: _answer(question, item))
            try:
                await self._client.post("jobs", job_id, "steps", step, "approve", body=body)
            except Refused as refused:
                echo(f"Error: {one_line(refused.message)}", err=True)
                if refused.fields:
                    continue
            return


def _answer(question: str, item: dict[str, Any]) -> dict[str, Any]:
    echo(question, err=True)
    if click.confirm("Approve?", err=True, default=None):
        values = ask_values(item["approval_fields"], {})
        return {"approved": True, "input": values or None}
    reason = click.prompt("Reason", default="", show_default=False, err=True)
    return {"approved": False, "rejection_reason": reason or None}


def is_asking() -> bool:
    """True if a question is open that nobody has answered: its thread reads the standard input."""
    return any(thread.name == _THREAD for thread in threading.enumerate())


async def _in_thread(ask: Callable[[], T]) -> T:
    """The result of a function that waits for input. Its thread does not keep the program from ending."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[T] = loop.create_future()

    def set_result(result: T) -> None:
        if not answered.done():
            answered.set_result(result)

    def set_error(error: BaseException) -> None:
        if not answered.done():
            answered.set_exception(error)

    def work() -> None:
        with suppress(RuntimeError):  # the loop has ended
            try:
                loop.call_soon_threadsafe(set_result, ask())
            except (Exception, click.Abort) as error:
                loop.call_soon_threadsafe(set_error, error)

    threading.Thread(target=work, daemon=True, name=_THREAD).start()
    return await answered
