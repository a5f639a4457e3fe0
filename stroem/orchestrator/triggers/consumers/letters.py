"""Dead letters made of events, without the secrets of their workspace."""

import orjson

from stroem.definitions.values import Json
from stroem.orchestrator.triggers.live_triggers import CurrentWorkspace
from stroem.protocol.events import EVENT_BYTES, SourceEvent
from stroem.redaction.redactor import Redactor
from stroem.store.triggers.dead_letters import NewLetter

MOST_LETTERS = 1000
"""The most dead letters of a trigger; the oldest go first."""

REASON_CHARS = 2000


class Letters:
    """Makes dead letters."""

    def __init__(self, current: CurrentWorkspace) -> None:
        self._current = current

    def of(self, pair: tuple[str, str], key: str, event: SourceEvent, reason: str) -> NewLetter:
        """The dead letter of an event of a trigger. Its data and text are stored without secrets."""
        workspace, trigger = pair
        current = self._current(workspace)
        redactor = Redactor([current.definitions.secrets] if current is not None else [])
        data: Json = None if event.problem is not None else redactor.value(event.data)
        text = redactor.line(event.text)
        size = event.size or len(orjson.dumps(event.data))
        is_masked = text != event.text or (event.problem is None and data != event.data)
        return NewLetter(
            workspace=workspace,
            trigger=trigger,
            key=key,
            reason=redactor.line(reason)[:REASON_CHARS],
            data=data if size <= 2 * EVENT_BYTES else None,
            text=text,
            size=size,
            is_masked=is_masked,
        )
