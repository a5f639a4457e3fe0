"""Reminders of approvals."""

from stroem.conversion.mistake import Mistake, Mistakes
from stroem.definitions.values import Path

MOST_REMINDERS = 50
MOST_SECS = 366 * 24 * 3600


def check_reminders(times: tuple[int, ...], path: Path, mistakes: Mistakes) -> None:
    """Notes reminders that are too many, too late or not in their order. `times` are in seconds."""
    if len(times) > MOST_REMINDERS:
        message = f"there are {len(times)} reminders; expected at most {MOST_REMINDERS}"
        mistakes.append(Mistake(code="invalid-value", message=message, path=path))
    if not all(0 < secs <= MOST_SECS for secs in times):
        message = f"a reminder comes after 1 to {MOST_SECS} seconds"
        mistakes.append(Mistake(code="invalid-value", message=message, path=path))
    elif list(times) != sorted(set(times)):
        hint = "each length counts from the moment in which the step begins to wait, such as [1h, 4h]"
        message = "each reminder must come after the one before it"
        mistakes.append(Mistake(code="invalid-value", message=message, path=path, hint=hint))
