"""The shell plugin: steps as local processes."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.runner import Runner


@hookimpl
def stroem_runners() -> Sequence[type[Runner]]:
    """Hands over the runner named `local`."""
    from stroem_shell.runner import ShellRunner  # loaded only by those who ask for runners

    return [ShellRunner]
