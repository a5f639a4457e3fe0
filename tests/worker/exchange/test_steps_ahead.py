"""Steps that are claimed ahead, and given back when no slot becomes free for them."""

import datetime
from typing import Any

import pytest

from stroem.worker.steps import pace
from tests.support.wait import eventually
from tests.worker.exchange.test_delivery import busy
from tests.worker.scripted_server import key_of

AT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _every_step_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SHORT_SECS", 600.0)


def returns(server: Any) -> list[dict[str, Any]]:
    return [one for request in server.requests for one in request.get("returned", ())]


async def test_steps_are_claimed_ahead_while_others_are_short(site: Any, server: Any) -> None:
    keys = [server.offer("true", claimed_at=AT.isoformat()) for _ in range(40)]
    async with site.worker():
        for key in keys:
            await server.outcome(key)
    assert max(request["max_steps"] for request in server.requests) > 4
    assert server.outcome_count == 40


async def test_steps_that_wait_behind_long_ones_are_given_back(site: Any, server: Any) -> None:
    gate, waiting = busy(site)
    quick = [server.offer("true", claimed_at=AT.isoformat()) for _ in range(12)]
    slow = [server.offer(waiting, claimed_at=AT.isoformat()) for _ in range(8)]
    async with site.worker():
        for key in quick:
            await server.outcome(key)
        await eventually(lambda: len(returns(server)) >= 2, "two steps are given back")
        given = {key_of(one) for one in returns(server)}
        assert given < set(slow)
        assert len(given) == 2
        for key in given:
            claim = {**server.leased.pop(key), "claimed_at": (AT + datetime.timedelta(seconds=1)).isoformat()}
            server.offered.append(claim)
        gate.touch()
        for key in slow:
            await server.outcome(key)
    assert server.outcome_count == 20


async def test_steps_are_given_back_when_the_worker_is_drained(site: Any, server: Any) -> None:
    gate, waiting = busy(site)
    quick = [server.offer("true", claimed_at=AT.isoformat()) for _ in range(12)]
    slow = [server.offer(waiting, claimed_at=AT.isoformat()) for _ in range(6)]
    async with site.worker() as worker:
        for key in quick:
            await server.outcome(key)
        await server.until(lambda: len(server.leased) > 4)
        worker.drain()
        await eventually(lambda: len(returns(server)) >= 2, "two steps are given back")
        gate.touch()
        await eventually(lambda: server.outcome_count == 16, "the others have ended")
    assert {key_of(one) for one in returns(server)}.isdisjoint(server.outcomes)
    assert {*server.outcomes, *map(key_of, returns(server))} == {*quick, *slow}


async def test_a_server_without_times_of_claims_gets_no_step_back(site: Any, server: Any) -> None:
    keys = [server.offer("sleep 0.3") for _ in range(8)]
    async with site.worker():
        for key in keys:
            await server.outcome(key)
    assert returns(server) == []
