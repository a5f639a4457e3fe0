"""A plugin with a dialect."""

from stroem.hookspecs import hookimpl


@hookimpl
def stroem_dialects():
    """Hands over the dialect named `machine`."""
    from stroem_machine.dialect import MachineDialect

    return [MachineDialect]
