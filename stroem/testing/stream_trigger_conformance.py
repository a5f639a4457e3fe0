"""Conformance suite of types of triggers whose source a server reads.

class TestInbox(StreamTriggerConformance):
    kind = InboxTrigger
    @pytest.fixture(autouse=True)
    def inbox(self, tmp_path): self.folder, self.options = tmp_path, {"path": str(tmp_path)}
    async def put(self, number): (self.folder / str(number)).write_text("…")
    def place(self): return AllowedPlace(folders=(str(self.folder),))
"""

import abc
from collections.abc import Sequence
from typing import Any

import attrs
import orjson
import pytest

from stroem.definitions.values import Json
from stroem.interfaces.triggers.stream_trigger import Batch, Place, StreamTrigger, StreamUnreadable
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.testing.trigger_conformance import TriggerConformance

MOST_FIRES = 1000
ODD_CURSORS: tuple[Any, ...] = (True, 7, "", "x" * 1000, [], [[]], {}, {"seen": 1}, {"source": None, "seen": "!"})
_MOST_READS = 100


@attrs.frozen(kw_only=True)
class AllowedPlace:
    """A place with the folders and endpoints that settings allow."""

    folders: Sequence[str] = ()
    endpoints: Sequence[str] = ()


class StreamTriggerConformance(TriggerConformance):
    """Tests of a type of triggers over a source of its own, which is empty at first.

    What `put` puts there fires at once, without batches. `options` may be set by a fixture.
    """

    def trigger(self) -> StreamTrigger:
        """The trigger under test."""
        made: StreamTrigger = self.make()
        return made

    @abc.abstractmethod
    async def put(self, number: int) -> None:
        """Puts one more event into the source; another one for each number."""

    def place(self) -> Place:
        """Where the trigger may read."""
        return AllowedPlace()

    def unreadable(self) -> tuple[StreamTrigger, Place] | None:
        """A trigger whose source cannot be read, and where it may read; None if there is no such."""
        return None

    async def read(self, cursor: Json) -> tuple[list[Fire], Json]:
        """All fires since the cursor, and the cursor after them as it comes back from the database."""
        fires: list[Fire] = []
        for _ in range(_MOST_READS):
            batch = await self._batch(cursor)
            fires += batch.fires
            cursor = orjson.loads(orjson.dumps(batch.cursor))
            if batch.pause_secs != 0:
                return fires, cursor
        pytest.fail(f"There is more after {_MOST_READS} reads: nothing ends.")

    async def _batch(self, cursor: Json) -> Batch:
        return await self.trigger().read(cursor, self.place())

    def test_it_is_read_from_time_to_time(self) -> None:
        assert self.trigger().poll_secs > 0

    async def test_an_empty_source_fires_nothing(self) -> None:
        fires, cursor = await self.read(None)
        assert fires == []
        assert (await self.read(cursor))[0] == []

    async def test_each_event_fires_once(self) -> None:
        _, cursor = await self.read(None)
        keys: list[str] = []
        for number in range(3):
            await self.put(number)
            fires, cursor = await self.read(cursor)
            assert len(fires) == 1
            keys += [fire.key for fire in fires]
        assert len(set(keys)) == 3
        assert (await self.read(cursor))[0] == []

    async def test_the_same_cursor_gives_the_same_keys(self) -> None:
        """After a crash between the read and the commit, the read is repeated."""
        _, cursor = await self.read(None)
        await self.put(0)
        await self.put(1)
        first, second = await self.read(cursor), await self.read(cursor)
        assert [fire.key for fire in first[0]] == [fire.key for fire in second[0]]
        assert first[1] == second[1]

    async def test_many_events_are_bounded_and_complete(self) -> None:
        _, cursor = await self.read(None)
        for number in range(300):
            await self.put(number)
        assert len((await self._batch(cursor)).fires) <= MOST_FIRES
        fires, cursor = await self.read(cursor)
        assert len({fire.key for fire in fires}) == len(fires) == 300
        assert (await self.read(cursor))[0] == []

    async def test_fires_can_be_stored(self) -> None:
        _, cursor = await self.read(None)
        await self.put(0)
        for fire in (await self.read(cursor))[0]:
            assert 0 < len(fire.key) <= 255
            assert set(fire.input) <= self.trigger().gives
            orjson.dumps([dict(fire.input), dict(fire.context)])

    @pytest.mark.parametrize("cursor", ODD_CURSORS)
    async def test_cursors_of_other_definitions(self, cursor: Json) -> None:
        """After a change of its definition a trigger may find any cursor."""
        await self.put(0)
        _, after = await self.read(cursor)
        await self.put(1)
        assert len((await self.read(after))[0]) == 1

    async def test_an_unreadable_source_tells_the_remedy(self) -> None:
        if (found := self.unreadable()) is None:
            pytest.skip("the source can always be read")
        trigger, place = found
        with pytest.raises(StreamUnreadable) as caught:
            await trigger.read(None, place)
        assert str(caught.value)
