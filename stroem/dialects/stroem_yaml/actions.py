"""Actions: allowed and required keys by type, both spellings of scripts, manifests of pods."""

from collections.abc import Mapping
from typing import Any, get_args

import attrs

from stroem.conversion import literals, scalars
from stroem.conversion.mistake import Mistake, Mistakes, missing_key
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG, Convert, wrong_type
from stroem.definitions.action import Action, ActionType, Language, Tool
from stroem.definitions.action_fields import ACTION_FIELDS
from stroem.definitions.dependencies import Refusal, refused_dependencies
from stroem.definitions.values import Json, Path
from stroem.dialects import names
from stroem.dialects.stroem_yaml.approvers import check_approval, convert_approvers, convert_four_eyes
from stroem.dialects.stroem_yaml.artifacts import convert_artifacts
from stroem.dialects.stroem_yaml.caches import convert_cache
from stroem.dialects.stroem_yaml.fields import convert_input_field, convert_output_field
from stroem.dialects.stroem_yaml.reminders import check_reminders
from stroem.dialects.stroem_yaml.resources import convert_resources
from stroem.dialects.stroem_yaml.retries import convert_retry
from stroem.dialects.stroem_yaml.step_tokens import convert_step_token
from stroem.templating.template import is_template

ACTION_TYPES: tuple[str, ...] = get_args(ActionType)
LANGUAGE_ALIASES = {"js": "javascript", "ts": "typescript"}

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "docker": ("image",),
    "pod": ("image",),
    "task": ("task",),
    "agent": ("provider", "prompt"),
    "approval": ("message",),
    "signal": ("signal",),
}
_FORBIDDEN_HINTS = {
    ("script", "cmd"): "write `script:`, or `type: shell`",
    ("script", "command"): "write `script:`, or `type: docker`",
    ("script", "entrypoint"): "write `interpreter:`, or `type: docker`",
    ("docker", "script"): "write `cmd:`, or `type: script` with `runner: docker`",
    ("docker", "source"): "write `type: script` with `runner: docker`",
    ("docker", "runner"): "write `type: script` with `runner: docker`",
    ("docker", "manifest"): "write `type: pod`",
    ("pod", "script"): "write `cmd:`, or `type: script` with `runner: pod`",
    ("pod", "source"): "write `type: script` with `runner: pod`",
    ("pod", "runner"): "write `type: script` with `runner: pod`",
}
_FOREIGN_TYPES = {
    **{name: f"write `type: script` with `interpreter: {name}`" for name in ("bash", "zsh", "ruby", "perl")},
    **dict.fromkeys(("sh", "command", "cmd", "local", "exec", "run"), "write `type: script`"),
    **{name: f"write `type: script` with `language: {name}`" for name in ("python", "javascript", "typescript", "go")},
    "node": "write `type: script` with `language: javascript`",
    "container": "write `type: docker`",
    "kubernetes": "write `type: pod`",
}
"""Hints by types of other tools."""
_NEVER_TRUE = frozenset({"hostNetwork", "hostPID", "hostIPC", "privileged", "allowPrivilegeEscalation"})
_SOCKET = "/var/run/docker.sock"
_SHELL_FIELDS = {"cmd": "script", "script": "source"}
_SHELL_KEYS = {"script": "cmd", "source": "script"}


def _tool(value: object, path: Path, mistakes: Mistakes) -> Any:
    tool = _TOOL(value, path, mistakes)
    if tool is not WRONG and (tool.task is None) == (tool.mcp is None):
        code = "missing-key" if tool.task is None else "conflicting-keys"
        mistakes.append(Mistake(code=code, message="a tool has either 'task' or 'mcp'", path=path))
    return tool


_TOOL = Record(Tool, task=scalars.reference)
_ACTION = Record(
    Action,
    type=scalars.choice((*ACTION_TYPES, "shell"), {"shell": "script"}, _FOREIGN_TYPES),
    language=scalars.choice(get_args(Language), LANGUAGE_ALIASES),
    task=scalars.reference,
    tags=scalars.one_or_more(scalars.text),
    dependencies=scalars.one_or_more(scalars.text),
    tools=scalars.listing(_tool),
    input=scalars.mapping(convert_input_field),
    output=scalars.mapping(convert_output_field),
    payload=scalars.mapping(convert_input_field),
    remind=scalars.one_or_more(scalars.duration),
    approvers=convert_approvers,
    four_eyes=convert_four_eyes,
    retry=convert_retry,
    artifacts=convert_artifacts,
    cache=convert_cache,
    stroem_token=convert_step_token,
    resources=convert_resources,
)
ACTION_KEYS: Mapping[str, Convert] = _ACTION.converters


def convert_action(value: object, path: Path, mistakes: Mistakes) -> Any:
    """An `Action` in either spelling; `WRONG` when it has no usable type."""
    if type(value) is not dict:
        return wrong_type("a mapping", value, path, mistakes)
    if value.get("type") == "shell":
        return _convert_shell(value, path, mistakes)
    kind = value.get("type")
    allowed = ACTION_FIELDS.get(kind, ACTION_KEYS.keys()) if isinstance(kind, str) else ACTION_KEYS.keys()
    usable = {key: entry for key, entry in value.items() if key in allowed or key not in ACTION_KEYS}
    fields = _ACTION.fields(usable, path, mistakes)
    if kind is None:
        hint = "write `type: shell`" if "cmd" in value else f"one of shell, {', '.join(ACTION_TYPES)}"
        mistakes.append(missing_key("type", path, hint))
    if "type" not in fields:
        return WRONG
    _check_keys(fields["type"], value, path, mistakes)
    if fields["type"] == "script" and all(value.get(key) is None for key in ("cmd", "command")):
        _check_one_script(value, ("script", "source"), path, mistakes)
    return _checked(fields, path, mistakes)


def shell_keys() -> frozenset[str]:
    """The keys of an action in the spelling `type: shell`."""
    return (ACTION_FIELDS["script"] - {"source"}) | {"cmd"}


def _convert_shell(value: dict[str, Any], path: Path, mistakes: Mistakes) -> Any:
    _check_one_script(value, ("cmd", "script"), path, mistakes)
    allowed = shell_keys()
    for key in value:
        if key in ACTION_KEYS and key not in allowed and value[key] is not None:
            hint = "write `script:` with the path" if key == "source" else None
            _forbid(key, "shell", path, mistakes, hint)
    renamed = {
        _SHELL_FIELDS.get(key, key): entry for key, entry in value.items() if key in allowed or key not in ACTION_KEYS
    }
    fields = _ACTION.fields(renamed, path, mistakes, spelled=_SHELL_KEYS)
    if "image" in fields and value.get("runner") is None:
        fields["runner"] = "docker"
    return _checked(fields, path, mistakes)


def _check_keys(kind: str, value: dict[str, Any], path: Path, mistakes: Mistakes) -> None:
    for key, entry in value.items():
        if key in ACTION_KEYS and key not in ACTION_FIELDS[kind] and entry is not None:
            _forbid(key, kind, path, mistakes, _FORBIDDEN_HINTS.get((kind, key)))
    for key in REQUIRED.get(kind, ()):
        if value.get(key) is None:
            mistakes.append(missing_key(key, path, f"actions of type {kind} need it"))


def _forbid(key: str, kind: str, path: Path, mistakes: Mistakes, hint: str | None) -> None:
    message = f"{key!r} is not for actions of type {kind}"
    mistakes.append(Mistake(code="forbidden-key", message=message, path=(*path, key), hint=hint, at_key=True))


def _check_one_script(value: dict[str, Any], keys: tuple[str, str], path: Path, mistakes: Mistakes) -> None:
    inline, file = keys
    given = [key for key in keys if value.get(key) is not None]
    if not given:
        hint = f"write `{inline}:` with the text, or `{file}:` with the path of a file"
        mistakes.append(missing_key(inline, path, hint))
    elif len(given) == 2:
        message = f"{inline!r} and {file!r} exclude each other"
        hint = f"keep `{inline}` for text, or `{file}` for the path of a file"
        mistakes.append(Mistake(code="conflicting-keys", message=message, path=(*path, file), hint=hint, at_key=True))


def _checked(fields: dict[str, Any], path: Path, mistakes: Mistakes) -> Action:
    action = Action(**fields)
    if action.type == "script":
        _check_script(action, path, mistakes)
    for index, dependency in enumerate(action.dependencies):
        names.check_dependency(dependency, (*path, "dependencies", index), mistakes)
    if refusal := refused_dependencies(action):
        _note_refused_dependencies(refusal, path, mistakes)
    if action.image is not None and not is_template(action.image):
        names.check_image(action.image, (*path, "image"), mistakes)
    for index, argument in enumerate(action.args):
        if not argument.strip():
            mistakes.append(Mistake(code="invalid-value", message="an argument is empty", path=(*path, "args", index)))
    if action.interpreter is not None:
        names.check_interpreter(action.interpreter, (*path, "interpreter"), mistakes)
    if action.type == "wait" and (action.for_ is None) == (action.until is None):
        message = "a wait has either 'for', a length, or 'until', a time"
        code = "missing-key" if action.for_ is None else "conflicting-keys"
        mistakes.append(Mistake(code=code, message=message, path=path))
    if action.for_ is not None and not is_template(action.for_):
        scalars.duration(action.for_, (*path, "for"), mistakes)
    if action.until is not None and not is_template(action.until):
        try:
            literals.timestamp(action.until)
        except ValueError as error:
            mistakes.append(Mistake(code="invalid-value", message=str(error), path=(*path, "until")))
    check_reminders(action.remind, (*path, "remind"), mistakes)
    check_approval(action, path, mistakes)
    if action.workspace is not None:
        names.check_workspace(action.workspace, (*path, "workspace"), mistakes)
    if action.manifest is not None:
        _check_manifest(action.manifest, (*path, "manifest"), mistakes)
    return attrs.evolve(action, tags=tuple(dict.fromkeys(action.tags))) if action.tags else action


def _note_refused_dependencies(refusal: Refusal, path: Path, mistakes: Mistakes) -> None:
    message, where = f"{refusal.reason}; the step fails", (*path, "dependencies")
    mistakes.append(
        Mistake(code="forbidden-key", message=message, path=where, hint=refusal.hint, at_key=True, severity="warning")
    )


def _check_script(action: Action, path: Path, mistakes: Mistakes) -> None:
    runner = action.runner or "local"
    if action.image is not None and runner == "local":
        _forbid_for_runner("image", runner, path, mistakes, "write `runner: docker`")
    if action.manifest is not None and runner in ("local", "docker"):
        _forbid_for_runner("manifest", runner, path, mistakes, "write `runner: pod`")


def _forbid_for_runner(key: str, runner: str, path: Path, mistakes: Mistakes, hint: str) -> None:
    message = f"{key!r} is not for the runner {runner}"
    mistakes.append(Mistake(code="forbidden-key", message=message, path=(*path, key), hint=hint, at_key=True))


def _check_manifest(value: Json, path: Path, mistakes: Mistakes) -> None:
    """Notes host namespaces, host paths, privileges and the Docker socket, at any depth."""
    if isinstance(value, dict):
        for key, entry in value.items():
            if key == "hostPath" or (key in _NEVER_TRUE and entry is True):
                _forbid_in_manifest(f"{key!r} is not allowed in a manifest", (*path, key), mistakes)
            else:
                _check_manifest(entry, (*path, key), mistakes)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            _check_manifest(entry, (*path, index), mistakes)
    elif isinstance(value, str) and value.rstrip("/") == _SOCKET:
        _forbid_in_manifest("the Docker socket cannot be mounted", path, mistakes)


def _forbid_in_manifest(message: str, path: Path, mistakes: Mistakes) -> None:
    mistakes.append(Mistake(code="forbidden-manifest", message=message, path=path, hint="remove it", at_key=True))
