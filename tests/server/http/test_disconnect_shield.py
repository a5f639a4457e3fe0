import asyncio
import contextlib

import pytest
from aiohttp import web

from stroem.errors import NotFound
from stroem.server.http.disconnect_shield import SHIELDED_TASKS, drain, shielded


@pytest.mark.parametrize(
    ("error", "is_logged"), [(NotFound(kind="Job", name="x"), False), (RuntimeError("broken"), True)]
)
async def test_only_errors_of_the_server_are_logged_for_a_client_that_has_gone(
    error: Exception, is_logged: bool, caplog: pytest.LogCaptureFixture
) -> None:
    app, begun, gone = web.Application(), asyncio.Event(), asyncio.Event()
    app[SHIELDED_TASKS] = set()

    async def work() -> None:
        begun.set()
        await gone.wait()
        raise error

    request = asyncio.create_task(shielded(app, work()))
    await begun.wait()
    request.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await request
    gone.set()
    await drain(app)
    await asyncio.sleep(0)
    assert bool(caplog.records) == is_logged
