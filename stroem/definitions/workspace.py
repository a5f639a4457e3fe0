"""All definitions of a workspace or of one file."""

import attrs

from stroem.definitions.action import Action
from stroem.definitions.connection import Connection, ConnectionProperty, McpServer
from stroem.definitions.limit import Limit
from stroem.definitions.task import Hook, Task
from stroem.definitions.trigger import Trigger
from stroem.definitions.values import Json


@attrs.frozen(kw_only=True)
class Definitions:
    """The definitions of one file, or of all files of a workspace merged."""

    secrets: dict[str, Json] = attrs.Factory(dict)
    connection_types: dict[str, dict[str, ConnectionProperty]] = attrs.Factory(dict)
    connections: dict[str, Connection] = attrs.Factory(dict)
    actions: dict[str, Action] = attrs.Factory(dict)
    tasks: dict[str, Task] = attrs.Factory(dict)
    triggers: dict[str, Trigger] = attrs.Factory(dict)
    mcp_servers: dict[str, McpServer] = attrs.Factory(dict)
    limits: dict[str, Limit] = attrs.Factory(dict)
    on_success: tuple[Hook, ...] = ()
    on_error: tuple[Hook, ...] = ()
    on_suspended: tuple[Hook, ...] = ()
    on_cancel: tuple[Hook, ...] = ()
