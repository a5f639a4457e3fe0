"""A plugin whose hook has a slip of the pen."""

from stroem.hookspecs import hookimpl


@hookimpl
def stroem_runers():
    """Is never called."""
    return []
