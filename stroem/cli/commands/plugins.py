"""`stroem plugins`."""

import sys
from typing import Any

import attrs
import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output import exit_codes
from stroem.cli.output.output import coloured, echo, one_line, print_items, print_table
from stroem.cli.program.options import Address, json_output, remote


@click.command("plugins")
@click.option("--remote", "ask_server", is_flag=True, help="Those of the server instead.")
@remote
@json_output
def command(address: Address, ask_server: bool, as_json: bool) -> None:
    """List plugins: what is loaded, what failed and why.

    These are the plugins of this installation, that is of the Python that runs this program, unless --remote
    is given. The exit code is 1 when one of them failed.

    \b
    Examples:
      stroem plugins
      stroem plugins --remote --json
    """
    plugins = run_with_client(address, lambda client: client.get("plugins")) if ask_server else _own_plugins()
    if as_json:
        print_items(plugins)
    else:
        _print_plugins(plugins)
    sys.exit(exit_codes.FAILED if any(plugin.get("error") for plugin in plugins) else exit_codes.OK)


def _own_plugins() -> list[dict[str, Any]]:
    from stroem.cli.program.start_plugins import hidden_commands  # loads them: not for --help
    from stroem.registry.registry import load_plugins

    registry = load_plugins()
    plugins = [attrs.asdict(plugin) for plugin in registry.plugins]
    for name, warning in hidden_commands(registry).items():
        owner = registry.command_owner(name)
        next(plugin for plugin in plugins if plugin["distribution"] == owner).setdefault("warnings", []).append(warning)
    return plugins


def _print_plugins(plugins: list[dict[str, Any]]) -> None:
    if not plugins:
        echo("No plugins. `make install` in a checkout of Strøm installs the usual ones.")
        return
    print_table(
        ("PLUGIN", "DISTRIBUTION", "VERSION", "STATE", "HOOKS"),
        [
            (
                plugin["name"],
                plugin["distribution"],
                plugin["version"],
                coloured("failed") if plugin.get("error") else "loaded",
                ", ".join(plugin["hooks"]) or "-",
            )
            for plugin in plugins
        ],
    )
    for plugin in plugins:
        for warning in plugin.get("warnings") or ():
            echo(f"{coloured('warning')}: {one_line(warning)}", err=True)
        if plugin.get("error"):
            echo(f"\n{click.style(one_line(plugin['name']), bold=True)} failed: {one_line(plugin['error'].rstrip())}")
