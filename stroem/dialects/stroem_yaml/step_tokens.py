"""Tokens with which steps call the API."""

from typing import Any

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistake, Mistakes, missing_key
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG
from stroem.conversion.suggestions import meant_or_known
from stroem.definitions.action import StepToken
from stroem.definitions.values import Path
from stroem.rights.verbs import STEP_VERBS, VERBS


def convert_step_token(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A `StepToken`; verbs that steps cannot have are noted."""
    found = _TOKEN(value, path, mistakes)
    if found is not WRONG and type(value) is dict and value.get("verbs") in (None, []):
        mistakes.append(missing_key("verbs", path, "name what the step may do, such as `verbs: [job.run]`"))
    return found


def _verb(value: object, path: Path, mistakes: Mistakes) -> Any:
    verb = scalars.text(value, path, mistakes)
    if not isinstance(verb, str) or verb in STEP_VERBS:
        return verb
    shown = scalars.shown(verb)
    message = f"{shown!r} is not for steps" if verb in VERBS else f"there is no verb {shown!r}"
    message += meant_or_known(verb, sorted(STEP_VERBS))
    mistakes.append(Mistake(code="invalid-value", message=message, path=path))
    return WRONG


_TOKEN = Record(StepToken, verbs=scalars.one_or_more(_verb))
