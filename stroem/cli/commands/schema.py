"""`stroem schema`."""

from typing import Any

import click

from stroem.cli.output.output import print_json

KINDS = ("workflow", "workspace", "rules", "server", "worker", "openapi")


@click.command("schema")
@click.argument("kind", type=click.Choice(KINDS), default="workflow")
@click.option("--json", is_flag=True, expose_value=False, help="Taken for the sake of habit: a schema is JSON.")
def command(kind: str) -> None:
    """Print a JSON Schema, for editors and tools.

    KIND is workflow (the files in .workflows; the default), workspace (the file .stroem.yaml), rules (the file
    stroem-rules.yaml), server or worker (their settings), or openapi (the HTTP API). The options of all plugins that
    are installed are in it.

    \b
    Examples:
      stroem schema > .workflows/schema.json
      stroem schema server
    """
    print_json(schema(kind))


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind."""
    if kind == "openapi":
        from stroem.server.http.openapi import openapi_document  # the whole server: only for this kind
        from stroem.server.routes import ROUTES

        return openapi_document(ROUTES)
    if kind == "workspace":
        from stroem.dialects.workspace_file.schema import workspace_schema  # YAML and all: not for --help

        return workspace_schema()
    if kind == "rules":
        from stroem.rights.rules_file_schema import rules_schema  # the same

        return rules_schema()
    from stroem.dialects.environment import Environment
    from stroem.dialects.stroem_yaml.schema import workflow_schema
    from stroem.registry.registry import load_plugins
    from stroem.registry.settings_schema import server_schema, worker_schema  # loads plugins: not for --help

    registry = load_plugins()
    if kind == "workflow":
        runners = {name: runner.Options for name, runner in registry.runners.items()}
        return workflow_schema(Environment(runners=runners, trigger_types=registry.trigger_types))
    return server_schema(registry) if kind == "server" else worker_schema(registry)
