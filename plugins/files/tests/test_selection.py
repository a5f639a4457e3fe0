"""Which files fire, and what is remembered of them."""

import datetime
from collections.abc import Iterable
from typing import Any

import attrs
import orjson
import pytest

from stroem.interfaces.triggers.stream_trigger import Batch, StreamUnreadable
from stroem_files import cursor as cursors
from stroem_files.cursor import MOST_FILES, cursor_of
from stroem_files.patterns import Patterns
from stroem_files.selection import Rules, select
from stroem_files.watched_file import Listing, WatchedFile

NOW = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
RULES = Rules(patterns=Patterns(["**"]), source="s", poll=30, settle=0, fires_existing=False)


def file(name: str, version: int = 1, *, age: float = 60) -> WatchedFile:
    at = NOW - datetime.timedelta(seconds=age)
    return WatchedFile(name=name, place=f"/inbox/{name}", size=1, modified_at=at, changed_at=at, version=str(version))


def read(files: Iterable[WatchedFile], cursor: Any, rules: Rules = RULES, *, later: float = 0) -> Batch:
    stored = cursor_of(orjson.loads(orjson.dumps(cursor)), rules.source)
    return select(Listing(files=tuple(files)), stored, rules, NOW + datetime.timedelta(seconds=later))


def fired(batch: Batch) -> list[list[str]]:
    found: Any = [fire.context["trigger"] for fire in batch.fires]
    return [[one["name"] for one in trigger["files"]] for trigger in found]


def test_existing_files() -> None:
    assert fired(read([file("a")], None)) == []
    assert fired(read([file("a")], None, attrs.evolve(RULES, fires_existing=True))) == [["a"]]


def test_new_and_changed_files_oldest_first() -> None:
    before = read([file("a"), file("b")], None).cursor
    batch = read([file("a", 2, age=10), file("b"), file("c", age=20)], before)
    assert fired(batch) == [["c"], ["a"]]
    assert len({fire.key for fire in batch.fires}) == 2


def test_a_file_fires_once_it_has_rested() -> None:
    rules, before = attrs.evolve(RULES, settle=100), read([], None).cursor
    batch = read([file("a", age=60)], before, rules)
    assert fired(batch) == []
    assert fired(read([file("a", age=60)], batch.cursor, rules, later=40)) == [["a"]]


def test_a_folder_that_seems_empty_for_a_while_fires_nothing_again() -> None:
    batch = read([file("a")], read([], None).cursor)
    batch = read([], batch.cursor)
    assert fired(read([file("a")], batch.cursor)) == []


def test_wider_patterns_are_no_new_files() -> None:
    """Files that came while the narrower globs held fire too."""
    narrow, wide = (attrs.evolve(RULES, patterns=Patterns([glob])) for glob in ("*.csv", "**"))
    before = read([file("a.csv")], None, narrow).cursor
    batch = read([file("a.csv"), file("b.csv"), file("c.txt")], before, wide)
    assert fired(batch) == [["b.csv"]]
    assert fired(read([file("a.csv"), file("b.csv"), file("c.txt"), file("d.txt")], batch.cursor, wide)) == [["d.txt"]]


def test_another_source_begins_anew() -> None:
    before = read([file("a")], None).cursor
    assert fired(read([file("b")], before, attrs.evolve(RULES, source="other"))) == []


def test_batches() -> None:
    rules, before = attrs.evolve(RULES, max_batch=2), read([], None).cursor
    batch = read([file("a"), file("b"), file("c")], before, rules)
    assert fired(batch) == [["a", "b"], ["c"]]
    assert set(batch.fires[0].input) == {"files"}


def test_a_batch_waits_for_more() -> None:
    rules, before = attrs.evolve(RULES, max_batch=2, max_wait=60), read([], None).cursor
    batch = read([file("a")], before, rules)
    assert fired(batch) == []
    assert batch.pause_secs == 30
    batch = read([file("a")], batch.cursor, rules, later=50)
    assert fired(batch) == []
    assert batch.pause_secs == pytest.approx(10)
    assert fired(read([file("a"), file("b")], batch.cursor, rules, later=50)) == [["a", "b"]]
    batch = read([file("a")], batch.cursor, rules, later=60)
    assert fired(batch) == [["a"]]
    assert fired(read([file("a")], batch.cursor, rules, later=90)) == []


def test_one_read_is_bounded() -> None:
    files = [file(f"{n}") for n in range(250)]
    batch = read(files, read([], None).cursor)
    assert (len(batch.fires), batch.pause_secs) == (200, 0)
    batch = read(files, batch.cursor)
    assert (len(batch.fires), batch.pause_secs) == (50, None)


def test_too_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    one = file("a")
    with pytest.raises(StreamUnreadable, match="narrow `pattern`"):
        read([one] * (MOST_FILES + 1), None)


def test_the_cursor_stays_below_two_megabytes() -> None:
    """A hundred thousand files are remembered; those that are gone are forgotten when there are too many."""
    batch = read([file(str(n)) for n in range(MOST_FILES)], None)
    assert len(orjson.dumps(batch.cursor)) < 2_000_000
    batch = read([file(str(n)) for n in range(1000, 1001 + MOST_FILES - 1000)], batch.cursor)
    assert len(batch.fires) == 1
    assert fired(read([file("0")], batch.cursor)) == []


def test_versions_of_files_that_are_gone_are_forgotten_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursors, "MOST_SEEN", 3)
    cursor = read([], None).cursor
    for n in range(10):
        cursor = read([file(str(n))], cursor).cursor
    stored: Any = cursor
    assert len(stored["seen"]) < 40
    assert fired(read([file("9")], cursor)) == []
