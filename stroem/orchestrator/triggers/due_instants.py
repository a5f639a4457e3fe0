"""Instants of schedules that have fallen due."""

import datetime

import attrs

from stroem.interfaces.triggers.time_trigger import Instant, Schedule, TimeTrigger

MOST_AT_ONCE = 50
"""Most instants of one schedule that fire in one transaction."""
_ON_TIME = datetime.timedelta(seconds=60)
_SECOND = datetime.timedelta(seconds=1)


@attrs.frozen(kw_only=True)
class DueInstants:
    """Instants to fire now, and the next one.

    `missed` is true if instants between `scheduled_at` and now do not fire, since they are too old or not the last.
    """

    fires: tuple[Instant, ...]
    next: Instant | None
    missed: bool = False


def first_instant(options: TimeTrigger, schedule: Schedule, now: datetime.datetime) -> DueInstants:
    """The next instant of a schedule that begins or goes on now."""
    return DueInstants(fires=(), next=options.next_due(now, schedule))


def due_instants(
    options: TimeTrigger, schedule: Schedule, scheduled_at: datetime.datetime, now: datetime.datetime
) -> DueInstants:
    """The instants from `scheduled_at` to now that fire, by the `catch_up` of the schedule.

    Those at most a minute late are on time. Of `all`, the oldest come first, a number at a time.
    """
    first = options.next_due(scheduled_at - _SECOND, schedule)
    if first is None or first.at != scheduled_at:
        first = Instant(at=scheduled_at, due=scheduled_at)
    oldest = now - max(_ON_TIME, datetime.timedelta(seconds=_window(options)))
    missed = first.due < oldest
    if missed:
        first = options.next_due(oldest - _SECOND, schedule)
    if first is None or first.due > now:
        return DueInstants(fires=(), next=first, missed=missed)
    if options.catch_up == "all" or first.due >= now - _ON_TIME:
        fires, following = _from(options, schedule, first, now)
        return DueInstants(fires=fires, next=following, missed=missed)
    last, following = _last(options, schedule, first, now)
    return DueInstants(fires=(last,), next=following, missed=missed or last.at != first.at)


def _window(options: TimeTrigger) -> float:
    return 0.0 if options.catch_up == "none" else float(options.catch_up_window)


def _from(
    options: TimeTrigger, schedule: Schedule, first: Instant, now: datetime.datetime
) -> tuple[tuple[Instant, ...], Instant | None]:
    """The due instants from the first on, and the one that follows these."""
    found: list[Instant] = []
    instant: Instant | None = first
    while instant is not None and instant.due <= now and len(found) < MOST_AT_ONCE:
        found.append(instant)
        instant = options.next_due(instant.at, schedule)
    return tuple(found), instant


def _last(
    options: TimeTrigger, schedule: Schedule, first: Instant, now: datetime.datetime
) -> tuple[Instant, Instant | None]:
    """The last due instant, and the one that follows it. Finds it in steps that double, back from now."""
    back = _SECOND
    start = first
    while now - back > first.at:
        instant = options.next_due(now - back, schedule)
        if instant is not None and instant.due <= now:
            start = instant
            break
        back *= 2
    last = start
    while (instant := options.next_due(last.at, schedule)) is not None and instant.due <= now:
        last = instant
    return last, instant
