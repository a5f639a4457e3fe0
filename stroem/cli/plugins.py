"""`stroem plugins`."""

import sys
from typing import Any

import attrs
import click

from stroem.cli import exits
from stroem.cli.output import coloured, print_json, print_table


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List plugins: what is loaded, what failed and why.

    These are the plugins of this installation, of the Python that runs this program. The exit code is 1 when
    one of them failed.

    \b
    Examples:
      stroem plugins
      stroem plugins --json
    """
    from stroem.registry.registry import load_plugins  # loads them: not for --help

    plugins = [attrs.asdict(plugin) for plugin in load_plugins().plugins]
    if as_json:
        print_json(plugins)
    else:
        _print_plugins(plugins)
    sys.exit(exits.FAILED if any(plugin["error"] for plugin in plugins) else exits.OK)


def _print_plugins(plugins: list[dict[str, Any]]) -> None:
    if not plugins:
        click.echo("No plugins. The usual ones come with: pip install 'stroem[standard]'")
        return
    print_table(
        ("PLUGIN", "DISTRIBUTION", "VERSION", "STATE", "HOOKS"),
        [
            (
                plugin["name"],
                plugin["distribution"],
                plugin["version"],
                coloured("failed") if plugin["error"] else "loaded",
                ", ".join(plugin["hooks"]) or "-",
            )
            for plugin in plugins
        ],
    )
    for plugin in plugins:
        if plugin["error"]:
            click.echo(f"\n{click.style(plugin['name'], bold=True)} failed: {plugin['error'].rstrip()}")
