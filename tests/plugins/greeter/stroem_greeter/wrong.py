"""A plugin that hands over what is no runner."""

from stroem.hookspecs import hookimpl


class Nameless:
    """Lacks a name."""


@hookimpl
def stroem_runners():
    """Hands over the wrong thing."""
    return [Nameless]
