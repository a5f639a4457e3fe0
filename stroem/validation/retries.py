"""Checks of retries."""

import attrs

from stroem.conversion.mistake import Mistake, Mistakes
from stroem.definitions.action import Action
from stroem.definitions.retry import Retry
from stroem.definitions.values import Path
from stroem.validation.scope import View
from stroem.validation.templates import TemplateContext, check_expression

_ROOTS = frozenset({"error", "attempt"})
_NOT_REPEATED = frozenset({"approval", "wait", "signal"})


def check_retry(retry: Retry | None, path: Path, context: TemplateContext, view: View, mistakes: Mistakes) -> None:
    """Notes the mistakes of the condition of a retry, which also sees the error and the number of the attempt."""
    if retry is not None:
        seen = attrs.evolve(context, roots=context.roots | _ROOTS)
        check_expression(retry.when, (*path, "retry", "when"), seen, view, mistakes)


def note_idle_retry(retry: Retry | None, action: Action, path: Path, mistakes: Mistakes) -> None:
    """Warns of the retry of a step that waits on the server: it has one attempt."""
    if retry is not None and action.type in _NOT_REPEATED:
        mistakes.append(
            Mistake(
                code="no-effect",
                message=f"`retry` has no effect: a step of type {action.type} has one attempt",
                path=(*path, "retry"),
                hint="repeat it with `until` and `max_rounds`, or leave it out",
                severity="warning",
            )
        )
