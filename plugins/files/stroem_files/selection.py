"""Selection of the files that fire: pure, with the time passed in."""

import datetime
import hashlib
from collections.abc import Sequence

import attrs

from stroem.definitions.values import Json
from stroem.interfaces.triggers.stream_trigger import Batch, StreamUnreadable
from stroem.interfaces.triggers.trigger_type import Fire
from stroem_files.cursor import MOST_FILES, Cursor
from stroem_files.patterns import Patterns
from stroem_files.watched_file import Listing, WatchedFile

MOST_FIRES = 200
"""Most jobs of one read."""
MOST_BATCHED = 5000
"""Most files of all jobs of one read."""


@attrs.frozen(kw_only=True)
class Rules:
    """The rules of a trigger. Without `max_batch` each file has a job; `poll`, `settle`, `max_wait` are in seconds."""

    patterns: Patterns
    source: str
    poll: float
    settle: float
    fires_existing: bool
    max_batch: int | None = None
    max_wait: float | None = None


def select(listing: Listing, cursor: Cursor | None, rules: Rules, now: datetime.datetime) -> Batch:
    """The jobs for the versions that the cursor has not seen, oldest first. Raises StreamUnreadable."""
    if len(listing.files) > MOST_FILES:
        raise StreamUnreadable(
            f"{len(listing.files):,} files match, more than {MOST_FILES:,}: narrow `pattern`, or remove processed files"
        )
    present = {file.digest: file for file in listing.files}
    known = _known(present, cursor, rules)
    fresh = [file for digest, file in present.items() if digest not in known.seen]
    rested = [file for file in fresh if (now - file.changed_at).total_seconds() >= rules.settle]
    rested.sort(key=lambda file: (file.modified_at, file.name))
    groups, since = _groups(rested, known.since, rules, now)
    room = MOST_FIRES if rules.max_batch is None else max(1, min(MOST_FIRES, MOST_BATCHED // rules.max_batch))
    taken = groups[:room]
    seen = known.seeing([file.digest for group in taken for file in group], present)
    is_batched = rules.max_batch is not None
    return Batch(
        fires=[_fire(group, is_batched=is_batched) for group in taken],
        cursor=attrs.evolve(seen, since=since).json,
        pause_secs=0 if len(groups) > room else _pause(since, rules, now),
        problem=listing.problem,
    )


def _known(present: dict[bytes, WatchedFile], cursor: Cursor | None, rules: Rules) -> Cursor:
    """The cursor, with the files that were there before the trigger, or before its patterns named them."""
    globs = rules.patterns.globs
    if cursor is None:
        first = Cursor(source=rules.source, globs=globs)
        return first if rules.fires_existing else first.seeing(present, present)
    if cursor.globs == globs:
        return cursor
    former = Patterns(cursor.globs)
    added = [] if rules.fires_existing else [key for key, file in present.items() if not former.match(file.name)]
    return attrs.evolve(cursor.seeing(added, present), globs=globs)


def _groups(
    rested: Sequence[WatchedFile], since: datetime.datetime | None, rules: Rules, now: datetime.datetime
) -> tuple[list[list[WatchedFile]], datetime.datetime | None]:
    """The files of each job, and the time since which the others wait."""
    size = rules.max_batch or 1
    groups = [list(rested[start : start + size]) for start in range(0, len(rested), size)]
    if rules.max_wait is None or not groups or len(groups[-1]) == size:
        return groups, None
    begun = since if since is not None and len(groups) == 1 else now
    if (now - begun).total_seconds() >= rules.max_wait:
        return groups, None
    return groups[:-1], begun


def _pause(since: datetime.datetime | None, rules: Rules, now: datetime.datetime) -> float | None:
    """Seconds to the next read: at the latest when files that wait have waited long enough; None without such."""
    if since is None or rules.max_wait is None:
        return None
    return min(rules.poll, max(rules.max_wait - (now - since).total_seconds(), 0.1))


def _fire(group: Sequence[WatchedFile], *, is_batched: bool) -> Fire:
    files: list[Json] = [file.json for file in group]
    key = hashlib.sha256("".join(file.key for file in group).encode()).hexdigest() if is_batched else group[0].key
    given: dict[str, Json] = {"files": files} if is_batched else {"file": files[0]}
    return Fire(key=key, input=given, context={"trigger": given | {"files": files, "count": len(files)}})
