"""Checks of one file that need the whole workspace."""

import re

import attrs

from stroem.conversion.mistake import Mistake, Mistakes
from stroem.definitions.kinds import HOOK_KEYS
from stroem.definitions.task import is_inline
from stroem.definitions.values import Json, Path
from stroem.dialects.foreign_keys import foreign_hint
from stroem.interfaces.parsed_file import ParsedFile
from stroem.redaction.forms import SHORTEST
from stroem.validation.actions import check_named_action
from stroem.validation.effects import idle_in_file
from stroem.validation.fields import check_connection, check_env, check_property_defaults, is_reference
from stroem.validation.library_names import as_written, check_names
from stroem.validation.scope import Lookup, Scope, View
from stroem.validation.tasks import check_hooks, check_task
from stroem.validation.templates import TemplateContext, check_templates
from stroem.validation.triggers import check_trigger

_NOTHING = TemplateContext(roots=frozenset())
_SECRETS_ONLY = TemplateContext(roots=frozenset({"secret"}))
_REFERENCE_FILTER = re.compile(r"\|\s*vals\b")


@attrs.frozen(kw_only=True)
class Checked:
    """The mistakes of a file, and the look-ups in other files that they depend on."""

    mistakes: tuple[Mistake, ...]
    lookups: frozenset[Lookup]


def check_file(file: ParsedFile, scope: Scope) -> Checked:
    """The mistakes of a file that show only in its workspace."""
    if file.definitions is None:
        return Checked(mistakes=(), lookups=frozenset())
    view = View(scope=scope, file=file, definitions=file.definitions)
    mistakes = Mistakes(key_hint=foreign_hint)
    check_names(view, mistakes)
    _check_places(view, mistakes)
    for name, action in file.definitions.actions.items():
        if not is_inline(name):
            check_named_action(name, action, view, mistakes)
    for name, task in file.definitions.tasks.items():
        check_task(name, task, view, mistakes)
    for name, trigger in file.definitions.triggers.items():
        check_trigger(name, trigger, view, mistakes)
    for key in HOOK_KEYS:
        check_hooks(getattr(file.definitions, key), (key,), view, mistakes)
    mistakes += idle_in_file(file.definitions, scope.environment.runners)
    found = mistakes if view.library is None else as_written(view.library, mistakes)
    return Checked(mistakes=tuple(found), lookups=frozenset(view.lookups))


def _check_places(view: View, mistakes: Mistakes) -> None:
    definitions = view.definitions
    _check_secrets(definitions.secrets, ("secrets",), view, mistakes)
    for name, properties in definitions.connection_types.items():
        check_property_defaults(properties, ("connection_types", name), view, mistakes)
    for name, connection in definitions.connections.items():
        check_connection(connection, ("connections", name), view, mistakes)
    for name, server in definitions.mcp_servers.items():
        check_env(server.env, ("mcp_servers", name, "env"), mistakes)
        for field in ("url", "auth_token", "env", "args"):
            path = ("mcp_servers", name, field)
            check_templates(getattr(server, field), path, _SECRETS_ONLY, view, mistakes)


def _check_secrets(value: Json, path: Path, view: View, mistakes: Mistakes) -> None:
    if isinstance(value, dict):
        for name, entry in value.items():
            _check_secrets(entry, (*path, name), view, mistakes)
    elif isinstance(value, str) and is_reference(value, path, mistakes):
        return
    elif isinstance(value, str) and _REFERENCE_FILTER.search(value):
        message = "a reference to a secret store stands alone, without text around it"
        hint = "write ref+STORE://PATH or ref+STORE://PATH#/KEY"
        mistakes.append(Mistake(code="invalid-value", message=message, path=path, hint=hint))
    elif isinstance(value, str):
        check_templates(value, path, _NOTHING, view, mistakes)
        if 0 < len(value.strip()) < SHORTEST:
            message = f"a secret of fewer than {SHORTEST} characters is not masked in logs, outputs and errors"
            mistakes.append(
                Mistake(code="short-secret", message=message, path=path, hint="use a longer one", severity="warning")
            )
