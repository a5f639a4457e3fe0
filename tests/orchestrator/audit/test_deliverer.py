"""Delivery of the audit log to sinks that ask for it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

import attrs
import pytest

from stroem.interfaces.event_sink import DeliveryFailed
from stroem.orchestrator.audit.deliverer import AuditDeliverer
from stroem.orchestrator.events.sinks import EventSinks
from stroem.records.audit_row import AuditRow
from stroem.records.event import Event
from stroem.settings.server import PluginSettings
from stroem.store.database import Database
from tests.orchestrator.audit.log_site import LogSite

TAKEN: dict[str, list[int]] = {}
FAILURES: dict[str, int] = {}


@attrs.define(kw_only=True)
class LedgerSink:
    """Keeps the ids of rows by its title; fails as often as it is told."""

    name: ClassVar[str] = "ledger"
    title: str
    is_wanted: bool = True

    def wants(self, event: Event) -> bool:
        return False

    async def deliver(self, event: Event) -> None:
        raise AssertionError

    def wants_audit(self) -> bool:
        return self.is_wanted

    async def deliver_audit(self, rows: Sequence[AuditRow]) -> None:
        if FAILURES.get(self.title, 0) > 0:
            FAILURES[self.title] -= 1
            raise DeliveryFailed("the ledger is shut")
        assert all(row.hash for row in rows)
        TAKEN.setdefault(self.title, []).extend(row.id for row in rows)

    async def close(self) -> None:
        pass


def settings(title: str, **more: bool) -> PluginSettings:
    return PluginSettings(type="ledger", options={"title": title, **more})


@pytest.fixture
async def sinks() -> AsyncIterator[EventSinks]:
    TAKEN.clear()
    FAILURES.clear()
    made = EventSinks({"ledger": LedgerSink})
    await made.replace({"a": settings("a"), "b": settings("b"), "none": settings("none", is_wanted=False)})
    yield made
    await made.close()


async def deliver(deliverer: AuditDeliverer) -> None:
    """Delivers until no sink lacks anything that is due."""
    while True:
        await deliverer.run_once()
        tasks = [*deliverer._tasks.values()]
        if not tasks:
            return
        await asyncio.gather(*tasks)
        await asyncio.sleep(0)


async def test_sinks_get_sealed_rows_once_and_in_order(database: Database, sinks: EventSinks) -> None:
    log, deliverer = LogSite(database=database), AuditDeliverer(database, sinks)
    await log.add(2)
    await log.seal()
    await deliver(deliverer)
    assert TAKEN == {}, "what was sealed before is not delivered"
    await log.add(450)
    await deliver(deliverer)
    assert TAKEN == {}, "what is not sealed is not delivered"
    await log.seal()
    await deliver(deliverer)
    assert {"a": [*range(3, 453)], "b": [*range(3, 453)]} == TAKEN
    await deliver(AuditDeliverer(database, sinks))
    assert len(TAKEN["a"]) == 450


async def test_a_sink_that_fails_delays_itself_alone_and_loses_nothing(database: Database, sinks: EventSinks) -> None:
    log, deliverer = LogSite(database=database), AuditDeliverer(database, sinks)
    await deliver(deliverer)
    FAILURES["a"] = 1
    await log.add(3)
    await log.seal()
    await deliver(deliverer)
    assert TAKEN == {"b": [1, 2, 3]}
    assert (await log.fetch("SELECT position, attempts, error FROM audit_sinks WHERE sink = 'a'")) == [
        (0, 1, "the ledger is shut")
    ]
    await log.execute("UPDATE audit_sinks SET due_at = now()")
    await deliver(deliverer)
    assert TAKEN == {"a": [1, 2, 3], "b": [1, 2, 3]}


async def test_sinks_of_one_workspace_get_nothing(database: Database, sinks: EventSinks) -> None:
    await sinks.replace({}, {"w": {"own": settings("own")}})
    assert sinks.of_audit() == {}
