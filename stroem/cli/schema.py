"""`stroem schema`."""

from typing import Any

import click

from stroem.cli.output import print_json

KINDS = ("workflow", "server", "worker", "openapi")


@click.command("schema")
@click.argument("kind", type=click.Choice(KINDS), default="workflow")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; a schema is always JSON.")
def command(kind: str, as_json: bool) -> None:
    """Print a JSON Schema, for editors and tools.

    KIND is workflow (the files in .workflows; the default), server or worker (their settings), or openapi
    (the HTTP API). The options of all plugins that are installed are in it.

    \b
    Examples:
      stroem schema > .workflows/schema.json
      stroem schema server
    """
    print_json(schema(kind))


def schema(kind: str) -> dict[str, Any]:
    """The schema of a kind."""
    raise NotImplementedError
