"""Messages of failed renderings: place, reason, and available names. Never values."""

import itertools
import re
from collections.abc import Collection, Mapping

from jinja2.utils import missing as no_holder

from stroem.conversion.suggestions import nearest
from stroem.errors import TemplateFailed
from stroem.templating.errors import Fault, Missing, MissingUsed, TemplateProblem, WithheldRead, kind
from stroem.templating.filters.functions import FUNCTIONS
from stroem.templating.filters.registry import FILTERS
from stroem.templating.language.hyphens import candidates, underscored
from stroem.templating.language.references import Mention

MAX_NAMES = 20
MAX_SHOWN = 80
_MOST_NAMES = 1_000

_NAME = re.compile(r"[\w-]{1,64}")
_INSTEAD = {
    "secrets": "the secrets are called `secret`",
    "env": "templates cannot read an environment; use `input` or `secret.NAME`",
    "inputs": "the input is called `input`",
    "steps": "a step's output is called `STEP.output`",
}


def unparsable(text: str, problem: TemplateProblem) -> TemplateFailed:
    """The error for a text that is no template."""
    return TemplateFailed(
        template=shortened(text, problem.line),
        line=problem.line,
        reason=problem.reason,
        available=problem.hint or "",
    )


def failed(
    text: str, fault: Fault, context: Mapping[str, object], steps: Collection[str], reads: tuple[Mention, ...]
) -> TemplateFailed:
    """The error for a template that stopped."""
    reason, available = str(fault), _names("Available", context)
    if isinstance(fault, WithheldRead):
        available = ""
    elif isinstance(fault, MissingUsed):
        gap = fault.missing
        if gap.hint is not None:
            reason = gap.hint.rstrip(".")
        elif gap.holder is no_holder:
            reason, meant = _missing_root(gap.name or "", text, context, steps)
            available = meant + available
        else:
            reason, available = _missing_part(gap, context, reads)
    return TemplateFailed(template=shortened(text, fault.line), line=fault.line, reason=reason, available=available)


def shortened(text: str, line: int) -> str:
    """The line of the template that matters, cut to a readable length."""
    lines = text.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1].strip()
    return shown if len(shown) <= MAX_SHOWN else shown[: MAX_SHOWN - 1] + "…"


def _missing_root(name: str, text: str, context: Mapping[str, object], steps: Collection[str]) -> tuple[str, str]:
    if name in FUNCTIONS:
        return f"`{name}` is a function, write `{name}()`", ""
    if name in FILTERS:
        return f"`{name}` is not defined; the filter of that name is written `value | {name}`", ""
    if name in _INSTEAD:
        return f"`{name}` is not defined, {_INSTEAD[name]}", ""
    if name in steps or name in {underscored(step) for step in steps}:
        return f"step `{name}` has no output here, it must be among `depends_on` and have finished", ""
    written = next((each for each in sorted(candidates(text)) if each.startswith(f"{name}-")), None)
    meant = _meant(written, [*steps, *context]) if written else ""
    if meant:
        return f"`{written}` is not defined", meant
    return f"`{name}` is not defined", _meant(name, context)


def _missing_part(gap: Missing, context: Mapping[str, object], reads: tuple[Mention, ...]) -> tuple[str, str]:
    holder, name = gap.holder, gap.name
    owner = _owner(gap, context, reads)
    title = f"`{owner}`" if owner else kind(holder)
    available = _names("Available", context)
    if isinstance(holder, Mapping):
        available = _names(f"{title[:1].upper()}{title[1:]} has", holder)
        if name is None:
            return f"{title} has no part of the chosen name", available
        return f"{title} has no `{name}`", _meant(name, holder) + available
    if owner:
        title += f" is {kind(holder)}, which"
    wanted = f"`{name}`" if name is not None else "such position"
    if name in FILTERS:
        wanted += f" (write `| {name}`)"
    return f"{title} has no {wanted}", available


def _owner(gap: Missing, context: Mapping[str, object], reads: tuple[Mention, ...]) -> str:
    """The path of the value that lacks the part; empty when no path of the template leads there."""
    for mention in reads:
        value: object = context
        for index, name in enumerate(mention.path):
            if index and value is gap.holder and (name == gap.name or gap.name is None):
                return ".".join(mention.path[:index])
            if not isinstance(value, Mapping) or name not in value:
                break
            value = value[name]
        else:
            if gap.name is None and value is gap.holder:
                return ".".join(mention.path)
    return ""


def _meant(name: str, names: Collection[str]) -> str:
    meant = nearest(name, itertools.islice((each for each in names if isinstance(each, str)), _MOST_NAMES))
    return f"Did you mean `{meant}`? " if meant else ""


def _names(title: str, holder: Mapping[str, object]) -> str:
    names = sorted(name for name in holder if isinstance(name, str) and _NAME.fullmatch(name))
    if not names:
        return f"{title}: nothing."
    more = f" and {len(names) - MAX_NAMES:,} more" if len(names) > MAX_NAMES else ""
    return f"{title}: {', '.join(names[:MAX_NAMES])}{more}."
