"""Finds plugins and answers which one is meant by a name."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any, TypeVar

from stroem import errors
from stroem.dialects.installed import InstalledDialects
from stroem.hookspecs import PROJECT
from stroem.interfaces.authenticator import Authenticator
from stroem.interfaces.event_sink import EventSink
from stroem.interfaces.push_hook import PushHook
from stroem.interfaces.runner import Runner
from stroem.interfaces.secret_store import SecretStore
from stroem.interfaces.source import Source
from stroem.interfaces.step_kind import StepKind
from stroem.interfaces.triggers.trigger_type import TriggerType
from stroem.registry.contributions import Contribution, contribution_of
from stroem.registry.faults import (
    authenticator_problem,
    dialect_problem,
    event_sink_problem,
    push_hook_problem,
    runner_problem,
    secret_store_problem,
    source_problem,
    step_kind_problem,
    trigger_type_problem,
)
from stroem.registry.plugin import Plugin, PluginInfo

if TYPE_CHECKING:
    import click


N = TypeVar("N")


class Registry:
    """The built-ins and all plugins.

    Each hook is called once, when first asked for; two claims on one name raise `PluginConflict`.
    """

    def __init__(self, plugins: Sequence[Plugin]) -> None:
        built_ins = metadata.EntryPoint(name="built-ins", value="stroem.registry.built_ins", group=PROJECT)
        self._built_ins = Plugin(built_ins, distribution=PROJECT)
        self._plugins = tuple(plugins)
        self._owners: dict[tuple[str, str], str] = {}
        self._brought: dict[str, list[tuple[str, str, object]]] = {}

    def check(self) -> None:
        """Asks every hook. Raises `PluginConflict` when two plugins claim one name of any kind."""
        _ = (self.runners, self.sources, self.push_hooks, self.event_sinks, self.step_kinds, self.dialects)
        _ = (self.secret_stores, self.authenticators, self._commands)

    @cached_property
    def runners(self) -> Mapping[str, type[Runner]]:
        """Runners by name."""
        return self._by_name("runner", "stroem_runners", runner_problem)

    @property
    def runner_options(self) -> Mapping[str, type | None]:
        """The option classes of runners, by name."""
        return {name: runner.Options for name, runner in self.runners.items()}

    @cached_property
    def sources(self) -> Mapping[str, type[Source]]:
        """Sources by name."""
        return self._by_name("source", "stroem_sources", source_problem)

    @cached_property
    def push_hooks(self) -> Mapping[str, type[PushHook]]:
        """Kinds of push hooks by name."""
        return self._by_name("push hook", "stroem_push_hooks", push_hook_problem)

    @cached_property
    def event_sinks(self) -> Mapping[str, type[EventSink]]:
        """Kinds of event sinks by name."""
        return self._by_name("event sink", "stroem_event_sinks", event_sink_problem)

    @cached_property
    def secret_stores(self) -> Mapping[str, type[SecretStore]]:
        """Kinds of secret stores by name."""
        return self._by_name("secret store", "stroem_secret_stores", secret_store_problem)

    @cached_property
    def authenticators(self) -> Mapping[str, type[Authenticator]]:
        """Ways to sign in by name."""
        return self._by_name("authenticator", "stroem_authenticators", authenticator_problem)

    @cached_property
    def step_kinds(self) -> Mapping[str, StepKind]:
        """Kinds of steps that the server runs itself, by name."""
        kinds = self._by_name("kind of step", "stroem_step_kinds", step_kind_problem)
        return {name: kind() for name, kind in kinds.items()}

    @cached_property
    def dialects(self) -> InstalledDialects:
        """Dialects of workflows. Raises `PluginConflict` when two read files with the same ending."""
        found = self._by_name("dialect", "stroem_dialects", dialect_problem)
        owners: dict[str, str] = {}
        for name, dialect in found.items():
            for ending in dialect.endings:
                if ending in owners:
                    first, second = self._owners["dialect", owners[ending]], self._owners["dialect", name]
                    raise errors.PluginConflict(kind="ending of files", name=ending, first=first, second=second)
                owners[ending] = name
        made = {name: dialect() for name, dialect in found.items()}
        for dialect in made.values():
            dialect.trigger_types = self.trigger_types
        return InstalledDialects(made)

    @cached_property
    def trigger_types(self) -> Mapping[str, type[TriggerType]]:
        """Types of triggers by name."""
        return self._by_name("type of trigger", "stroem_trigger_types", trigger_type_problem)

    @cached_property
    def _commands(self) -> "Mapping[str, click.Command]":
        import click  # the program without plugin commands need not load it for this

        def problem(thing: object) -> str | None:
            named = isinstance(thing, click.Command) and thing.name
            return None if named else "is not a click.Command with a name"

        return self._by_name("command", "stroem_cli_commands", problem)

    @property
    def plugins(self) -> tuple[PluginInfo, ...]:
        """All installed plugins with their errors, sorted by name."""
        self.check()  # a hook that fails shows only when it is called
        return tuple(plugin.info() for plugin in self._plugins)

    @cached_property
    def contributions(self) -> Mapping[str, tuple[Contribution, ...]]:
        """Contributions by plugin, each sorted by hook and name."""
        self.check()
        return {
            plugin: tuple(contribution_of(*one) for one in sorted(brought, key=lambda one: one[:2]))
            for plugin, brought in self._brought.items()
        }

    def runner(self, name: str) -> type[Runner]:
        """The runner of that name. Raises `NotFound`."""
        return _find("Runner", self.runners, name)

    def source(self, name: str) -> type[Source]:
        """The source of that name. Raises `NotFound`."""
        return _find("Source", self.sources, name)

    def push_hook(self, name: str) -> type[PushHook]:
        """The kind of push hook of that name. Raises `NotFound`."""
        return _find("Push hook", self.push_hooks, name)

    def event_sink(self, name: str) -> type[EventSink]:
        """The kind of event sink of that name. Raises `NotFound`."""
        return _find("Event sink", self.event_sinks, name)

    def commands(self) -> "tuple[click.Command, ...]":
        """The commands that plugins add to the program."""
        return tuple(self._commands.values())

    def command_owner(self, name: str) -> str:
        """The distribution of the plugin that adds the command."""
        return self._owners["command", name]

    def _by_name(self, kind: str, hook: str, check: Callable[[object], str | None]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for plugin in (self._built_ins, *self._plugins):
            for thing in plugin.call(hook, check):
                name = str(getattr(thing, "name", ""))
                if name in found:
                    raise errors.PluginConflict(
                        kind=kind, name=name, first=self._owners[kind, name], second=plugin.distribution
                    )
                found[name] = thing
                self._brought.setdefault(plugin.name, []).append((hook, name, thing))
                self._owners[kind, name] = plugin.distribution
        return found


def load_plugins() -> Registry:
    """Loads every installed plugin. Raises `PluginConflict` when two have the same name."""
    plugins: dict[str, Plugin] = {}
    for entry_point in sorted(metadata.entry_points(group=PROJECT), key=lambda point: point.name):
        plugin = Plugin(entry_point)
        if plugin.name in plugins:
            first = plugins[plugin.name].distribution
            raise errors.PluginConflict(kind="plugin", name=plugin.name, first=first, second=plugin.distribution)
        plugins[plugin.name] = plugin
    return Registry(tuple(plugins.values()))


def _find(kind: str, things: Mapping[str, N], name: str) -> N:
    if name not in things:
        known = ", ".join(sorted(things)) or "none"
        raise errors.NotFound(kind=kind, name=name, hint=f"Loaded: {known}; `stroem plugins` says more.")
    return things[name]
