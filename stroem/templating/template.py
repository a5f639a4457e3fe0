"""Renders the templates inside the values of a workflow."""

from collections.abc import Collection, Mapping

from stroem.definitions.values import Json
from stroem.templating.budget import Budget
from stroem.templating.errors import Fault, TemplateProblem
from stroem.templating.filters.display import to_text
from stroem.templating.language.comments import has_comments
from stroem.templating.language.compiler import NotATemplate, compiled, examined, parse_units
from stroem.templating.language.references import Mention
from stroem.templating.messages import failed, unparsable

__all__ = ["Mention", "TemplateProblem", "as_expression", "check", "is_template", "mentions", "references", "render"]


def is_template(text: str) -> bool:
    """True when the text has something to render; all other texts render to themselves."""
    return "{" in text and ("{{" in text or "{%" in text or has_comments(text))


_WORDS = frozenset({"", "true", "false", "null", "none"})


def as_expression(text: str) -> str:
    """A template with the value of a text that may be a bare expression: `input.full` for `{{ input.full }}`."""
    word = text.strip()
    if is_template(text) or word.lower() in _WORDS or word.isdecimal():
        return text
    return f"{{{{ {word} }}}}"


def render(
    value: Json, context: Mapping[str, object], *, steps: Collection[str] = (), budget: Budget | None = None
) -> Json:
    """The value with every text inside its lists and maps rendered; raises TemplateFailed.

    A text that is one `{{ expression }}` gives the expression's value with its type, any other a text.
    `steps` are the step names that expressions may write with their hyphens; pass a set or a dict. Without a `budget`
    of the caller's there is a full one; a quick one raises QuickBudgetSpent.
    """
    try:
        return _render(value, context, steps, budget or Budget.full())
    except RecursionError:
        problem = TemplateProblem(line=1, reason="the value around the template is nested too deeply")
        raise unparsable("", problem) from None


def text_of(value: Json) -> str:
    """Text of a value, as inside a template."""
    return to_text(value, Budget())


def check(text: str, *, steps: Collection[str] = ()) -> TemplateProblem | None:
    """The first mistake in the template's syntax, its filters, functions and tests; None when there is none."""
    return examined(text, steps).problem if is_template(text) else None


def mentions(text: str, *, steps: Collection[str] = ()) -> tuple[Mention, ...]:
    """Every place where the template reads its context; nothing for a template with a mistake."""
    return examined(text, steps).mentions if is_template(text) else ()


def references(value: Json, *, steps: Collection[str] = ()) -> frozenset[tuple[str, ...]]:
    """The paths read by templates in a value, such as `("input", "name")`, up to the first computed part."""
    found: set[tuple[str, ...]] = set()
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            found.update([mention.path for mention in mentions(item, steps=steps)])
        elif isinstance(item, Mapping):
            stack.extend(item.values())
        elif isinstance(item, (list, tuple)):
            stack.extend(item)
    return frozenset(found)


def _render(value: Json, context: Mapping[str, object], steps: Collection[str], budget: Budget) -> Json:
    if isinstance(value, str):
        return _render_text(value, context, steps, budget) if is_template(value) else value
    if isinstance(value, Mapping):
        return {key: _render(item, context, steps, budget) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_render(item, context, steps, budget) for item in value]
    return value


def _render_text(text: str, context: Mapping[str, object], steps: Collection[str], budget: Budget) -> Json:
    try:
        return compiled(text, steps, budget).render(context, budget)
    except NotATemplate as error:
        raise unparsable(text, error.problem) from None
    except Fault as fault:
        budget.expect(parse_units(text))
        raise failed(text, fault, context, steps, mentions(text, steps=steps)) from None
