"""Sinks are made from settings, asked what they want, and replaced while the server runs."""

import pytest

from stroem.orchestrator.events.sinks import EventSinks
from stroem.records.event import Event, NewEvent
from stroem.settings.server import PluginSettings
from stroem.store.database import Database
from stroem.store.events import events
from tests.orchestrator.events.bell_sink import BELL, OTHER_BELL, BellSink


@pytest.fixture
def sinks() -> EventSinks:
    return EventSinks({"bell": BellSink})


async def recorded(database: Database, **facts: object) -> Event:
    new = NewEvent(**{"kind": "failed", "severity": "error", "message": "m", "workspace": "w", **facts})  # type: ignore[arg-type]
    async with database.begin() as connection:
        (event,) = await events.add_events(connection, [new])
    return event


def bell(sinks: EventSinks, key: str) -> BellSink:
    sink = sinks.get(key)
    assert isinstance(sink, BellSink)
    return sink


async def test_a_sink_is_for_every_workspace_or_for_one(sinks: EventSinks, database: Database) -> None:
    await sinks.replace({"all": BELL}, {"w": {"own": BELL}, "x": {"own": BELL}})
    assert set(sinks.keys) == {"all", "w/own", "x/own"}
    assert sinks.wanted_by(await recorded(database)) == ["all", "w/own"]
    assert sinks.wanted_by(await recorded(database, workspace=None, library="l")) == ["all"]
    assert sinks.wanted_by(await recorded(database, severity="info", message="calm")) == []


async def test_a_sink_that_cannot_say_what_it_wants_gets_nothing(
    sinks: EventSinks, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await sinks.replace({"bell": BELL})
    assert sinks.wanted_by(await recorded(database, message="unbearable")) == []
    assert "could not say whether it wants event" in caplog.text


async def test_a_sink_with_wrong_options_is_told_and_holds_up_no_other(
    sinks: EventSinks, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = PluginSettings(type="bell", options={"wrod": "s3cret"})
    await sinks.replace({"wrong": wrong, "right": BELL}, {"w": {"strange": PluginSettings(type="gong")}})
    assert set(sinks.keys) == {"right"}
    assert "event_sinks.wrong.wrod is not a known key" in caplog.text
    assert "workspaces.w.event_sinks.strange.type no plugin brings 'gong'" in caplog.text
    assert "s3cret" not in caplog.text


async def test_only_what_has_changed_is_replaced(sinks: EventSinks) -> None:
    await sinks.replace({"same": BELL, "changed": BELL, "gone": BELL}, {"w": {"own": BELL}})
    before = {key: bell(sinks, key) for key in sinks.keys}
    await sinks.replace({"same": BELL, "changed": OTHER_BELL, "new": BELL}, {"w": {"own": BELL}})
    assert bell(sinks, "same") is before["same"]
    assert bell(sinks, "w/own") is before["w/own"]
    assert bell(sinks, "changed").word == "dong"
    assert set(sinks.keys) == {"same", "changed", "new", "w/own"}
    assert {key for key, sink in before.items() if sink.closed} == {"changed", "gone"}
    await sinks.close()
    assert before["same"].closed
    assert set(sinks.keys) == set()
