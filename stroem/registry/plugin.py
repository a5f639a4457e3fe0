"""A plugin, loaded and checked in isolation from others."""

import inspect
from collections.abc import Callable
from importlib import metadata

import attrs
import pluggy

from stroem import hookspecs


@attrs.frozen(kw_only=True)
class PluginInfo:
    """A plugin. `hooks` are the implemented ones; `error` is the reason why it is broken."""

    name: str
    distribution: str
    version: str
    hooks: tuple[str, ...]
    error: str | None


class Plugin:
    """Loads the plugin of an entry point. Its exceptions become its `error`.

    `distribution` is the name for an entry point that belongs to none.
    """

    def __init__(self, entry_point: metadata.EntryPoint, distribution: str = "unknown") -> None:
        self.name = entry_point.name
        self.distribution = entry_point.dist.name if entry_point.dist else distribution
        self.version = entry_point.dist.version if entry_point.dist else "unknown"
        self.error: str | None = None
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        try:
            self._manager.register(entry_point.load(), name=self.name)
            self._manager.check_pending()
        except Exception as error:
            self.error = f"cannot be loaded: {_reason(error)}"

    @property
    def hooks(self) -> tuple[str, ...]:
        """The names of the hooks that it implements, sorted."""
        plugin = self._manager.get_plugin(self.name)
        callers = (self._manager.get_hookcallers(plugin) if plugin else None) or []
        return tuple(sorted(caller.name for caller in callers))

    def call(self, hook: str, check: Callable[[object], str | None]) -> tuple[object, ...]:
        """The results of the plugin's hook; empty if it is broken or a result fails the `check`."""
        if self.error is not None:
            return ()
        try:
            answers = getattr(self._manager.hook, hook)()
            things = tuple(thing for answer in answers for thing in answer)
        except Exception as error:
            self.error = f"{hook} failed: {_reason(error)}"
            return ()
        for thing in things:
            if (problem := check(thing)) is not None:
                self.error = f"{hook} hands over {_shown(thing)}, which {problem}"
                return ()
        return things

    def info(self) -> PluginInfo:
        """The plugin as it is shown to people."""
        return PluginInfo(
            name=self.name,
            distribution=self.distribution,
            version=self.version,
            hooks=self.hooks,
            error=self.error,
        )


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _shown(thing: object) -> str:
    return thing.__name__ if inspect.isclass(thing) else repr(thing)
