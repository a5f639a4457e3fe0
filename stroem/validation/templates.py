"""Checks of templates: syntax, and the names that they read."""

import re
from collections.abc import Collection, Iterator, Mapping

import attrs

from stroem.conversion.mistake import Mistake, Mistakes, Near
from stroem.conversion.suggestions import nearest
from stroem.definitions.kinds import STATE_ROOTS
from stroem.definitions.values import Json, Path
from stroem.templating.language.hyphens import underscored
from stroem.templating.template import Mention, as_expression, check, is_template, mentions
from stroem.validation.flow_graph import FlowGraph
from stroem.validation.scope import View

STEP_PARTS = ("output", "error", "status")
RESERVED_ROOTS = frozenset({"input", "secret", *STATE_ROOTS, "each", "hook"})
"""Roots that no step may be named like."""
JOB_ROOTS = frozenset({"input", "secret", "trigger", *STATE_ROOTS})
EVERY_ROOT = JOB_ROOTS | RESERVED_ROOTS
_HOOK_PARTS = (
    "workspace task_name job_id status is_success error_message source_type source_id started_at completed_at"
    " duration_secs failed_steps artifacts step_name message reminder approval_url"
)
_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_PARTS = {
    "each": ("item", "index", "total"),
    "error": ("kind", "message", "exit_code"),
    "hook": tuple(_HOOK_PARTS.split()),
}
_MISNAMED = {"secrets": "secret", "inputs": "input", "vars": "input", "item": "each.item"}
_OF_STEPS = frozenset({"steps", "needs", "outputs", "jobs", "tasks"})
_FOREIGN = _MISNAMED.keys() | _OF_STEPS | {"env"}


@attrs.frozen(kw_only=True)
class TemplateContext:
    """The names that a template can read.

    `inputs` are the names below `input`, None when unknown. Outputs are those of the steps of `flow` before `step`.
    `foreign`: unknown names may be steps of the tasks that use the action. `facts` are the names below `trigger`, None
    when unknown.
    """

    roots: frozenset[str]
    inputs: Collection[str] | None = None
    task: str | None = None
    flow: FlowGraph | None = None
    step: str | None = None
    foreign: bool = False
    facts: Collection[str] | None = None

    def with_inputs(self, inputs: Collection[str]) -> "TemplateContext":
        """The same context with other inputs; faster than `attrs.evolve`."""
        return TemplateContext(
            roots=self.roots, inputs=inputs, task=self.task, flow=self.flow, step=self.step, foreign=self.foreign
        )


def check_templates(value: Json, path: Path, context: TemplateContext, view: View, mistakes: Mistakes) -> None:
    """Notes the mistakes of templates in a value, at any depth."""
    if isinstance(value, str):
        if is_template(value):
            _check_text(value, path, context, view, mistakes)
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            check_templates(entry, (*path, key), context, view, mistakes)
    elif isinstance(value, list | tuple):
        for index, entry in enumerate(value):
            check_templates(entry, (*path, index), context, view, mistakes)


def check_expression(value: Json, path: Path, context: TemplateContext, view: View, mistakes: Mistakes) -> None:
    """Notes the mistakes of a value that may be a bare expression, such as `input.full`."""
    if not isinstance(value, str) or is_template(value) or value.lstrip().startswith("["):
        check_templates(value, path, context, view, mistakes)
        if isinstance(value, str) and _has_text_around(value):
            message = "text stands around {{ }}: the value is a text, which is true unless it is empty"
            hint = "write one expression, such as `input.env == 'prod'`"
            mistakes.append(Mistake(code="invalid-value", message=message, path=path, hint=hint))
        return
    text = as_expression(value)
    found = Mistakes()
    check_templates(text, path, context, view, found)
    shift = text.find(value.strip()) - value.find(value.strip())
    for mistake in found:
        line, column = mistake.offset or (0, 0)
        is_shifted = line == 1 and column > shift
        mistakes.append(attrs.evolve(mistake, offset=(line, column - shift)) if is_shifted else mistake)


def _has_text_around(text: str) -> bool:
    """Whether a template is one of expressions and other text, so that its value is a text."""
    rest = _EXPRESSION.sub("", text).strip()
    return "{%" not in text and rest not in ("", text.strip())


def read_paths(value: Json, steps: Collection[str]) -> Iterator[Mention]:
    """The mentions in the templates of a value; none for templates with mistakes."""
    if isinstance(value, str):
        if is_template(value):
            yield from mentions(value, steps=steps)
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from read_paths(entry, steps)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from read_paths(entry, steps)


def _check_text(text: str, path: Path, context: TemplateContext, view: View, mistakes: Mistakes) -> None:
    steps = context.flow.steps if context.flow else ()
    found = mentions(text, steps=steps)
    problem = None if found else check(text, steps=steps)
    if problem is not None:
        hint = problem.hint or "text that only looks like a template goes between {% raw %} and {% endraw %}"
        offset = (problem.line, problem.column or 1)
        mistakes.append(Mistake(code="template-syntax", message=problem.reason, path=path, hint=hint, offset=offset))
        return
    for mention in dict.fromkeys(found):
        _check_mention(mention, path, context, view, mistakes)


def _check_mention(mention: Mention, path: Path, context: TemplateContext, view: View, mistakes: Mistakes) -> None:
    root = mention.path[0]
    if root in context.roots:
        if not mention.optional and len(mention.path) > 1:
            if root in _PARTS:
                _check_part(mention, _PARTS[root], path, mistakes)
            elif root == "trigger" and context.facts is not None:
                _check_part(mention, context.facts, path, mistakes)
            elif root == "input":
                _check_input(mention, path, context, view, mistakes)
            elif root == "secret":
                _check_secret(mention, path, view, mistakes)
    elif context.flow and root in context.flow.variables:
        _check_step(mention, path, context, mistakes)
    elif not mention.optional and not (context.foreign and may_be_foreign(root)):
        _unknown_root(mention, path, context, mistakes)


def _check_part(mention: Mention, parts: Collection[str], path: Path, mistakes: Mistakes) -> None:
    root, name = mention.path[:2]
    if name not in parts:
        meant = nearest(name, parts)
        hint = f"did you mean {meant!r}?" if meant else f"one of {', '.join(parts)}"
        message = f"{root!r} has no {name!r}"
        mistakes.append(
            Mistake(code="unknown-name", message=message, path=path, hint=hint, needle=needle(mention.path))
        )


def _check_input(mention: Mention, path: Path, context: TemplateContext, view: View, mistakes: Mistakes) -> None:
    name = mention.path[1]
    if context.inputs is None or name in context.inputs:
        return
    if context.task is not None:
        fed = view.fed_inputs(context.task)
        if fed is None or name in fed:
            return
    mistakes.append(
        Mistake(
            code="unknown-input",
            message=f"no input {name!r} is declared",
            path=path,
            hint=f"declare {name!r} under `input:`",
            near=Near(name=name, names=tuple(context.inputs)),
            needle=needle(mention.path),
            severity="warning",
        )
    )


def _check_secret(mention: Mention, path: Path, view: View, mistakes: Mistakes) -> None:
    near = None if view.is_of_library else missing_secret(mention.path[1:], view)
    if near is None:
        return
    mistakes.append(
        Mistake(
            code="unknown-secret",
            message=f"there is no secret {'.'.join(mention.path[1:])!r}",
            path=path,
            hint="declare it under `secrets:`",
            near=near,
            needle=needle(mention.path),
            severity="warning" if view.scope.encrypted else "error",
        )
    )


def missing_secret(names: tuple[str, ...], view: View) -> Near | None:
    """The missing name of a secret, `secret.NAME.NAME…` in templates; None when it exists."""
    if not names:
        return None
    if not view.has("secrets", names[0]):
        return Near(name=names[0], kind="secrets")
    value = view.secret(names[0])
    for name in names[1:]:
        if not isinstance(value, Mapping):
            return None
        if name not in value:
            return Near(name=name, names=tuple(value))
        value = value[name]
    return None


def _check_step(mention: Mention, path: Path, context: TemplateContext, mistakes: Mistakes) -> None:
    assert context.flow
    assert context.step
    name = context.flow.variables[mention.path[0]]
    is_own = context.step == name and not context.flow.is_open
    if is_own or (context.flow.has_order and not context.flow.is_before(name, context.step)):
        message = f"step {name!r} does not come before step {context.step!r}"
        hint = f"add {name!r} to `depends_on` of {context.step!r}"
        if context.step == name:
            message, hint = f"step {name!r} reads its own output", "read the output of a step before it"
        elif context.flow.is_before(context.step, name):
            hint = f"step {name!r} comes after {context.step!r}: turn the dependency round"
        mistakes.append(
            Mistake(code="not-upstream", message=message, path=path, hint=hint, needle=needle(mention.path))
        )
    elif len(mention.path) > 1 and mention.path[1] not in STEP_PARTS and not mention.optional:
        message = f"a step has no {mention.path[1]!r}"
        near = Near(name=mention.path[1], names=STEP_PARTS)
        mistakes.append(
            Mistake(code="unknown-name", message=message, path=path, near=near, needle=needle(mention.path))
        )


def _unknown_root(mention: Mention, path: Path, context: TemplateContext, mistakes: Mistakes) -> None:
    root = mention.path[0]
    names = [*context.roots, *(context.flow.steps if context.flow else ())]
    hint = None
    if _MISNAMED.get(root, "").partition(".")[0] in context.roots:
        hint = f"write {_MISNAMED[root]!r}"
    elif root == "each":
        hint = "only the input and the action of a step with `for_each` have it"
    elif root == "env":
        name = mention.path[1] if len(mention.path) > 1 else "NAME"
        hint = f"templates do not read the environment; write `${name}` in a script"
    elif root in _OF_STEPS and context.flow and len(mention.path) > 1:
        hint = _output_hint(mention.path[1:], context.flow)
    near = None if hint else Near(name=root, names=names)
    message = f"there is no {root!r} here"
    mistakes.append(
        Mistake(code="unknown-name", message=message, path=path, hint=hint, near=near, needle=needle(mention.path))
    )


def _output_hint(path: Path, flow: FlowGraph) -> str | None:
    """Hint for a step's output in the notation of other tools: `steps.build.outputs.version`."""
    variable = underscored(str(path[0]))
    if variable not in flow.variables:
        return "the output of a step is `STEP.output`"
    rest = path[2:] if len(path) > 1 and path[1] in ("outputs", "output", "result", "results") else path[1:]
    return f"write `{'.'.join(map(str, (variable, 'output', *rest)))}`"


def may_be_foreign(root: str) -> bool:
    """Whether a name in an action's template can be meant as a step: not when it is a root misspelt."""
    return root not in _FOREIGN and nearest(root, RESERVED_ROOTS) is None


def needle(path: Path) -> str:
    """A regular expression for a path in a template, with hyphens or underscores."""
    parts = [re.escape(str(part)).replace("_", "[-_]") for part in path]
    return r"\b" + r"(?:\s*\.\s*|\s*\[\s*['\"])".join(parts) + r"\b"
