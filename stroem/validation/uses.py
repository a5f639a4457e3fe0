"""Checks of the uses of actions in steps and hooks."""

from collections.abc import Collection, Iterable, Mapping

import attrs

from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.suggestions import nearest
from stroem.definitions.action import Action
from stroem.definitions.field import PRIMITIVE_TYPES
from stroem.definitions.references import templated
from stroem.definitions.task import is_inline
from stroem.definitions.values import Json, Path
from stroem.validation.fields import check_value
from stroem.validation.flow_graph import FlowGraph
from stroem.validation.library_names import note_missing
from stroem.validation.scope import View
from stroem.validation.templates import EVERY_ROOT, may_be_foreign, missing_secret, read_paths


@attrs.frozen(kw_only=True)
class Use:
    """A use of an action by a step or hook at `path`.

    `given` are the inputs that it writes, `inherited` the declared inputs of a step's `task`. Hooks have no `graph`.
    """

    action_name: str
    action: Action
    path: Path
    given: Mapping[str, Json]
    inherited: Collection[str] = ()
    task: str | None = None
    graph: FlowGraph | None = None
    step: str = ""

    @property
    def whose(self) -> str:
        """The action as a message calls it."""
        return "this action" if is_inline(self.action_name) else f"action {self.action_name!r}"

    def gives(self, name: str, view: View) -> bool:
        """Whether the action gets an input, perhaps from the start of its task."""
        if name in self.given or name in self.inherited:
            return True
        fed: Collection[str] | None = () if self.task is None else view.fed_inputs(self.task)
        return fed is None or name in fed


def find_action(name: str, path: Path, view: View, mistakes: Mistakes) -> Action | None:
    """The action of a name; None for an unknown one, which is noted, and for one with mistakes."""
    action = view.action(name)
    if action is not None or view.has("actions", name):
        return action
    note_missing("actions", name, path, view, mistakes)
    return None


def check_use(use: Use, view: View, mistakes: Mistakes) -> None:
    """Notes missing required inputs, and unknown names that the action reads. The input of an approval is its form."""
    if use.action.type != "approval":
        _check_required(use, view, mistakes)
        _check_given(use, view, mistakes)
        check_slips(use.given, use.action.input, use.whose, use.path, mistakes)
    if is_inline(use.action_name):
        return
    if not view.is_of_library and view.is_from_library(use.action_name):
        _check_secrets(use, view, mistakes)
    steps = use.graph.steps if use.graph else ()
    for _, value in templated(use.action):
        for mention in read_paths(value, steps):
            if mention.optional:
                continue
            if mention.path[0] not in EVERY_ROOT:
                _check_output(use, mention.path, mistakes)
            elif mention.path[0] == "input" and len(mention.path) > 1:
                _check_undeclared(use, mention.path[1], view, mistakes)


def check_slips(given: Iterable[str], declared: Collection[str], whose: str, path: Path, mistakes: Mistakes) -> None:
    """Warns of undeclared inputs with a name close to a declared one."""
    for name in given:
        if name not in declared and (meant := nearest(name, declared)) is not None:
            message = f"{whose} declares no input {name!r}"
            hint = f"did you mean {meant!r}?"
            input_path = (*path, "input", name)
            mistakes.append(
                Mistake(
                    code="unknown-input", message=message, path=input_path, hint=hint, at_key=True, severity="warning"
                )
            )


def check_task_input(use: Use, view: View, mistakes: Mistakes) -> None:
    """Notes required inputs that a started task does not get, and slips of given ones."""
    task = view.task(use.action.own_task or "")
    if task is None:
        return
    whose, declared = f"task {use.action.task!r}", {**task.input, **use.action.input}
    for name, field in task.input.items():
        if field.required and field.default is None and name not in use.given and name not in use.action.input:
            message = f"{whose} needs the input {name!r}, which nothing gives"
            hint = f"add {name!r} to `input:`"
            mistakes.append(Mistake(code="missing-input", message=message, path=use.path, hint=hint, at_key=True))
    check_slips([name for name in use.given if name not in use.action.input], declared, whose, use.path, mistakes)


def _check_given(use: Use, view: View, mistakes: Mistakes) -> None:
    """Notes values that their fields do not take. Only jobs refuse them: those for an action alone are warnings.

    A name of a connection is looked up by both.
    """
    task = view.task(use.action.task) if use.action.task else None
    fields = {**(task.input if task else {}), **use.action.input}
    for name in use.given.keys() & fields.keys():
        found = Mistakes()
        check_value(fields[name], use.given[name], (*use.path, "input", name), view, found)
        if name in use.action.input and fields[name].type in PRIMITIVE_TYPES:
            mistakes += [attrs.evolve(mistake, severity="warning") for mistake in found]
        else:
            mistakes += found


def _check_required(use: Use, view: View, mistakes: Mistakes) -> None:
    for name, field in use.action.input.items():
        if field.required and field.default is None and not use.gives(name, view):
            message = f"{use.whose} needs the input {name!r}, which nothing gives"
            hint = f"add {name!r} to `input:`"
            mistakes.append(Mistake(code="missing-input", message=message, path=use.path, hint=hint, at_key=True))


def _check_undeclared(use: Use, name: str, view: View, mistakes: Mistakes) -> None:
    """An input that the action does not declare. When no use gives it, the action itself is at fault."""
    if name in use.action.input or use.gives(name, view):
        return
    given = view.given_inputs(use.action_name)
    if given is None or name in given or view.is_of_library or view.is_from_library(use.action_name):
        message = f"action {use.action_name!r} reads the input {name!r}, which nothing gives"
        hint = f"add {name!r} to `input:`"
        mistakes.append(
            Mistake(code="missing-input", message=message, path=use.path, hint=hint, at_key=True, severity="warning")
        )


def _check_secrets(use: Use, view: View, mistakes: Mistakes) -> None:
    """Notes secrets that a library's action reads and its user lacks."""
    defaults = [field.default for name, field in use.action.input.items() if not use.gives(name, view)]
    read = (
        mention
        for value in (*(value for _, value in templated(use.action)), defaults)
        for mention in read_paths(value, ())
    )
    wanted = dict.fromkeys(mention.path for mention in read if mention.path[0] == "secret" and not mention.optional)
    for path in wanted:
        missing = missing_secret(path[1:], view)
        if missing is not None:
            message = f"{use.whose} reads the secret {'.'.join(path[1:])!r}, which is not there"
            mistakes.append(
                Mistake(
                    code="unknown-secret",
                    message=message,
                    path=(*use.path, "action"),
                    hint="declare it under `secrets:`",
                    near=missing,
                    severity="warning" if view.scope.encrypted else "error",
                )
            )


def _check_output(use: Use, path: tuple[str, ...], mistakes: Mistakes) -> None:
    """Notes outputs that an action reads of steps not before its use."""
    if not may_be_foreign(path[0]) or (use.graph and use.graph.is_open):
        return
    other = use.graph.variables.get(path[0]) if use.graph else None
    if other is not None and use.graph and (not use.graph.has_order or use.graph.is_before(other, use.step)):
        return
    message = f"action {use.action_name!r} reads {'.'.join(path)!r}, which is not there"
    hint = f"add {other!r} to `depends_on`" if other else f"no step here is called {path[0]!r}"
    code = "not-upstream" if other else "unknown-name"
    mistakes.append(Mistake(code=code, message=message, path=(*use.path, "action"), hint=hint))
