"""Checks of actions: files, runners, options and templates."""

import functools
import posixpath
from collections.abc import Collection, Iterator, Mapping

import attrs

from stroem.conversion.mistake import Mistake, Mistakes, Near, missing_key
from stroem.conversion.record import Record, key_of
from stroem.conversion.suggestions import nearest
from stroem.definitions.action import BUILT_IN_RUNNERS, Action
from stroem.definitions.field import InputField
from stroem.definitions.library import path_in_library
from stroem.definitions.references import templated
from stroem.definitions.values import Path
from stroem.templating.template import is_template
from stroem.validation.dependent_options import refuse_options_from
from stroem.validation.fields import check_env, check_fields, check_outputs
from stroem.validation.library_names import note_missing
from stroem.validation.retries import check_retry, note_idle_retry
from stroem.validation.scope import View
from stroem.validation.shebangs import check_shebang
from stroem.validation.templates import EVERY_ROOT, TemplateContext, check_templates


def check_named_action(name: str, action: Action, view: View, mistakes: Mistakes) -> None:
    """Notes the mistakes of an action that any task may use."""
    path: Path = ("actions", name)
    check_action_fields(action.input, (*path, "input"), view, mistakes)
    context = TemplateContext(roots=EVERY_ROOT, inputs=_Inputs(name, action, view), foreign=True)
    check_action(action, path, context, view, mistakes)


def check_action_fields(fields: Mapping[str, InputField], path: Path, view: View, mistakes: Mistakes) -> None:
    """Notes the mistakes of an action's input; its defaults may read the job's."""
    check_fields(fields, path, view, mistakes, TemplateContext(roots=frozenset({"input", "secret"})))
    refuse_options_from(fields, path, mistakes)


def check_action(action: Action, path: Path, context: TemplateContext, view: View, mistakes: Mistakes) -> None:
    """Notes the mistakes of an action whose templates have this context."""
    for field, value in templated(action):
        check_templates(value, (*path, key_of(field)), context, view, mistakes)
    check_retry(action.retry, path, context, view, mistakes)
    note_idle_retry(action.retry, action, path, mistakes)
    check_outputs(action.output, (*path, "output"), mistakes)
    check_fields(action.payload, (*path, "payload"), view, mistakes)
    check_env(action.env, (*path, "env"), mistakes)
    if action.source is not None:
        _check_source(action.source, (*path, "source"), view, mistakes)
    if action.type in ("script", "docker", "pod"):
        _check_runner(action, path, view, mistakes)
    if "author" in action.four_eyes and not view.has_authors:
        message = "nobody can ever approve: the author is not known of a workspace without commits, like a folder"
        hint = "write `starter`, or follow a git repository"
        author: Path = (*path, "four_eyes")
        mistakes.append(Mistake(code="unknown-author", message=message, path=author, hint=hint, severity="warning"))
    if action.type == "script":
        check_shebang(action, (*path, "script"), mistakes)
    if action.own_task is not None:
        check_task_name(action.own_task, (*path, "task"), view, mistakes)
    for index, tool in enumerate(action.tools):
        tool_path = (*path, "tools", index)
        if tool.task is not None:
            check_task_name(tool.task, (*tool_path, "task"), view, mistakes)
        if tool.mcp is not None and not view.is_of_library and not view.has("mcp_servers", tool.mcp):
            message = f"there is no MCP server {tool.mcp!r}"
            near = Near(name=tool.mcp, kind="mcp_servers")
            mistakes.append(Mistake(code="unknown-mcp-server", message=message, path=(*tool_path, "mcp"), near=near))


def check_task_name(name: str, path: Path, view: View, mistakes: Mistakes) -> None:
    """Notes an unknown task."""
    if view.has("tasks", name) or is_template(name):
        return
    note_missing("tasks", name, path, view, mistakes)


@attrs.frozen
class _Inputs(Collection[str]):
    """Input names visible to a named action: declared inputs and those that its users give.

    Unused and library actions accept any name that is not close to a declared one.
    """

    name: str
    action: Action
    view: View

    def __contains__(self, name: object) -> bool:
        if name in self.action.input:
            return True
        if self.view.is_of_library or not self.view.is_used(self.name):
            return nearest(str(name), self.action.input) is None
        given = self.view.given_inputs(self.name)
        return given is None or name in given

    def __iter__(self) -> Iterator[str]:
        return iter(self.action.input)

    def __len__(self) -> int:
        return len(self.action.input)


def _check_source(source: str, path: Path, view: View, mistakes: Mistakes) -> None:
    if is_template(source):
        return
    plain = posixpath.normpath(source)
    library = _library_of(path, view)
    where = "workspace" if library is None and not view.is_of_library else "library"
    if plain.startswith(("/", "../")) or plain == "..":
        message = f"{source!r} is outside the {where}"
        mistakes.append(
            Mistake(code="missing-file", message=message, path=path, hint=f"write a path from the {where}'s root")
        )
    elif not view.has_file(plain if library is None else path_in_library(library, plain)):
        message = f"there is no file {source!r} in the {where}"
        hint = f"paths begin at the {where}'s root"
        near = Near(name=plain, kind="files" if library is None else f"files of {library}")
        mistakes.append(Mistake(code="missing-file", message=message, path=path, hint=hint, near=near))


def _library_of(path: Path, view: View) -> str | None:
    """The library whose folder holds the script of the action at a path, by the action's name."""
    library, dot, _ = str(path[1]).partition(".")
    if view.library is None and path[0] == "actions" and dot and view.has_library(library):
        return library
    return view.library


def _check_runner(action: Action, path: Path, view: View, mistakes: Mistakes) -> None:
    runner = _runner_of(action)
    runners = view.scope.environment.runners
    if runner in runners:
        _check_options(action, runners[runner], path, mistakes)
    elif runner not in BUILT_IN_RUNNERS:
        message = f"there is no runner {runner!r}"
        near = Near(name=runner, names=sorted({*BUILT_IN_RUNNERS, *runners}))
        mistakes.append(
            Mistake(
                code="unknown-runner",
                message=message,
                path=(*path, "runner"),
                near=near,
                severity="error" if view.library is None else "warning",
            )
        )


def _runner_of(action: Action) -> str:
    return action.runner or "local" if action.type == "script" else action.type


def _check_options(action: Action, options: type | None, path: Path, mistakes: Mistakes) -> None:
    options_path = (*path, "options")
    if options is None:
        if action.options:
            message = f"the runner {_runner_of(action)} has no options"
            mistakes.append(Mistake(code="forbidden-key", message=message, path=options_path, at_key=True))
        return
    record = _record(options)
    dynamic = {key for key, value in action.options.items() if isinstance(value, str) and is_template(value)}
    fixed = {key: value for key, value in action.options.items() if key not in dynamic}
    found = len(mistakes)
    fields = record.fields(fixed, options_path, mistakes)
    for key in dynamic - record.converters.keys():
        mistakes.unknown_key(key, record.converters, options_path)
    for key in record.required:
        if action.options.get(key) is None:
            mistakes.append(missing_key(key, options_path if action.options else path, "the runner needs it"))
    if not dynamic and len(mistakes) == found:
        try:
            record.cls(**fields)
        except (ValueError, TypeError) as error:
            mistakes.append(Mistake(code="invalid-value", message=str(error), path=options_path))


@functools.lru_cache(maxsize=64)
def _record(options: type[attrs.AttrsInstance]) -> Record:
    return Record(options)
