"""Connections, their types, and MCP servers."""

import attrs

from stroem.definitions.values import Json


@attrs.frozen(kw_only=True)
class ConnectionProperty:
    """A property of a connection type."""

    type: str = "string"
    required: bool = False
    default: Json = None
    secret: bool = False


@attrs.frozen(kw_only=True)
class Connection:
    """A named set of values, optionally of a declared type."""

    type: str | None = None
    values: dict[str, Json] = attrs.Factory(dict)


@attrs.frozen(kw_only=True)
class McpServer:
    """An MCP server with tools for agents."""

    transport: str = "stdio"
    command: str | None = None
    args: tuple[str, ...] = ()
    url: str | None = None
    auth_token: str | None = None
    env: dict[str, str] = attrs.Factory(dict)
    timeout_secs: int = 30
