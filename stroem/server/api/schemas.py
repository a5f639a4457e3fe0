"""JSON Schemas of the files of workspaces, with the options of the server's plugins."""

import asyncio
import functools

from aiohttp import web

from stroem.definitions.values import Json
from stroem.dialects.environment import Environment
from stroem.dialects.stroem_yaml.schema import workflow_schema
from stroem.dialects.workspace_file.schema import workspace_schema
from stroem.registry.registry import Registry
from stroem.server.keys import REGISTRY


async def get_workflow(request: web.Request) -> Json:
    """The JSON Schema of workflow files."""
    return await asyncio.to_thread(_workflow_schema, request.app[REGISTRY])


async def get_workspace(request: web.Request) -> Json:
    """The JSON Schema of `.stroem.yaml`."""
    return workspace_schema()


@functools.lru_cache(maxsize=1)
def _workflow_schema(registry: Registry) -> Json:
    """The schema with the options of these plugins, which takes half a second to make."""
    return workflow_schema(Environment(runners=registry.runner_options, trigger_types=registry.trigger_types))
