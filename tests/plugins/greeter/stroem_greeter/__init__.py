"""A plugin with a runner and a command."""

from stroem.hookspecs import hookimpl


@hookimpl
def stroem_runners():
    """Hands over the runner named `greeter`."""
    from stroem_greeter.runner import GreeterRunner

    return [GreeterRunner]


@hookimpl
def stroem_cli_commands():
    """Hands over the command `greet`."""
    from stroem_greeter.greet import greet

    return [greet]
