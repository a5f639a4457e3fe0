"""JSON Schemas of the settings of servers and workers, plugins included."""

import copy
from collections.abc import Mapping

from stroem.conversion.json_schema import Schema, schema_of
from stroem.registry.registry import Registry
from stroem.settings.secret_stores import SecretStoreSettings
from stroem.settings.server import LibrarySettings, ServerSettings, WorkspaceSettings
from stroem.settings.worker import WorkerSettings


def server_schema(registry: Registry) -> Schema:
    """The schema of a server's settings; what plugins bring has the options of every kind that is installed."""
    schema = schema_of(ServerSettings)
    definitions = schema["$defs"]
    for cls in (WorkspaceSettings, LibrarySettings):
        _open(definitions[cls.__name__], definitions, registry.sources)
        definitions[cls.__name__]["properties"]["poll_interval"] = {"type": ["integer", "string"]}
    _open(definitions[SecretStoreSettings.__name__], definitions, registry.secret_stores)
    credentials = definitions["GitAuthSettings"]
    del credentials["properties"]["options"]
    credentials["additionalProperties"] = True
    plugin = definitions.pop("PluginSettings")
    for name, kinds in (("PushHookSettings", registry.push_hooks), ("EventSinkSettings", registry.event_sinks)):
        definitions[name] = copy.deepcopy(plugin)
        _open(definitions[name], definitions, kinds)
    _open(definitions["ProviderSettings"], definitions, registry.authenticators, key="provider_type")
    _refer(definitions["ServerSettings"], "push_hooks", "PushHookSettings")
    for owner in ("ServerSettings", "WorkspaceSettings"):
        _refer(definitions[owner], "event_sinks", "EventSinkSettings")
    return schema


def worker_schema(registry: Registry) -> Schema:
    """The schema of a worker's settings; `runners` has the options of every runner."""
    schema = schema_of(WorkerSettings)
    definitions = schema["$defs"]
    definitions["WorkerSettings"]["properties"]["runners"] = {
        "type": "object",
        "description": "Options of each runner by its name.",
        "properties": {
            name: _adopted(definitions, runner, closed=True) for name, runner in sorted(registry.runners.items())
        },
        "additionalProperties": False,
    }
    return schema


def _open(own: Schema, definitions: Schema, kinds: Mapping[str, type], key: str = "type") -> None:
    """Adds the options of each plugin class to settings with its name under `key`."""
    del own["properties"]["options"], own["additionalProperties"]
    own["properties"][key] = {"enum": sorted(kinds)} if kinds else False
    own["allOf"] = [
        {"if": {"properties": {key: {"const": name}}}, "then": _adopted(definitions, cls, closed=False)}
        for name, cls in sorted(kinds.items())
    ]
    own["unevaluatedProperties"] = False


def _refer(owner: Schema, section: str, name: str) -> None:
    owner["properties"][section]["additionalProperties"] = {"$ref": f"#/$defs/{name}"}


def _adopted(definitions: Schema, cls: type, *, closed: bool) -> Schema:
    """The schema of a plugin's class; the classes that it names join the `definitions`."""
    found = schema_of(cls)
    own: Schema = found["$defs"].pop(found["$ref"].rpartition("/")[2])
    definitions.update(found["$defs"])
    if not closed:
        del own["additionalProperties"]
        if "auth" in own["properties"]:  # or the name of credentials under git_auth
            own["properties"]["auth"] = {"anyOf": [{"type": "string"}, own["properties"]["auth"]]}
    return own
