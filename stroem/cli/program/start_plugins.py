"""The plugins of a program that stays: checked when it starts."""

import logging

from stroem.cli.program.commands import COMMANDS
from stroem.registry.registry import Registry, load_plugins

LOGGER = logging.getLogger(__name__)


def start_plugins() -> Registry:
    """All plugins; commands that cannot be reached are told to the log. Raises `PluginConflict`."""
    registry = load_plugins()
    registry.check()
    for warning in hidden_commands(registry).values():
        LOGGER.warning("%s", warning)
    return registry


def hidden_commands(registry: Registry) -> dict[str, str]:
    """A warning for each command of a plugin that a command of the core hides, by its name."""
    names = sorted(command.name for command in registry.commands() if command.name in COMMANDS)
    return {
        name: f"the command {name!r} of {registry.command_owner(name)} cannot be reached: Strøm's own command has "
        "that name. Ask the plugin's author to rename it, or uninstall the plugin."
        for name in names
    }
