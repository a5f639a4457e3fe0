"""Plugins of a long-running command, checked at its start."""

import logging

from stroem.cli.program.commands import COMMANDS
from stroem.registry.registry import Registry, load_plugins

LOGGER = logging.getLogger(__name__)


def start_plugins() -> Registry:
    """Loads all plugins; logs a warning per hidden command. Raises `PluginConflict`."""
    registry = load_plugins()
    registry.check()
    for warning in hidden_commands(registry).values():
        LOGGER.warning("%s", warning)
    return registry


def hidden_commands(registry: Registry) -> dict[str, str]:
    """Warnings by name for plugins' commands that a core command hides."""
    names = sorted(command.name for command in registry.commands() if command.name in COMMANDS)
    return {
        name: f"the command {name!r} of {registry.command_owner(name)} cannot be reached: Strøm's own command has "
        "that name. Ask the plugin's author to rename it, or uninstall the plugin."
        for name in names
    }
