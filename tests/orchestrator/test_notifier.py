"""Cancellations that arrive while a request of a worker is answered."""

import uuid

from stroem.orchestrator.notifier import LongPoll, Notification, Notifier

WORKER = uuid.UUID(int=7)


def poll() -> LongPoll:
    return LongPoll(
        worker_id=WORKER, capabilities=frozenset({"script"}), tags=frozenset(), exclusive=False, wants_steps=True
    )


def test_a_cancellation_that_was_not_delivered_is_for_the_next_request() -> None:
    notifier = Notifier()
    with notifier.polling(poll()) as first:
        notifier.publish(Notification(cancelled_on=frozenset({WORKER})))
        assert first.cancelled
    with notifier.polling(poll()) as second:
        assert second.cancelled
        second.cancelled = False  # delivered
    with notifier.polling(poll()) as third:
        assert not third.cancelled


def test_a_cancellation_between_two_requests_is_for_the_next_one() -> None:
    notifier = Notifier()
    notifier.publish(Notification(cancelled_on=frozenset({WORKER})))
    with notifier.polling(poll()) as first:
        assert first.cancelled
