"""Runs steps as processes of the worker's own machine."""

import errno
import os
from functools import cached_property
from typing import ClassVar

import attrs

from stroem.interfaces.runner import OutputWriter, RunnerFailed, StepOrder
from stroem_shell.command import SHELL, command_line
from stroem_shell.environment import base_environment
from stroem_shell.process_group import ProcessGroup


@attrs.define(kw_only=True, slots=False)
class ShellRunner:
    """Runs scripts in a process group of their own. `pass_env` names what of the worker's environment
    steps may see besides PATH, HOME, USER, LANG and TZ; `*` stands for any characters.
    """

    name: ClassVar[str] = "local"
    ability: ClassVar[str] = "script"
    Options: ClassVar[type | None] = None

    pass_env: tuple[str, ...] = ()

    async def run(self, order: StepOrder, output: OutputWriter) -> int:
        """Runs the script to its end; see `Runner.run`."""
        group = self._start(order, output)
        try:
            return await group.finish(order.grace_secs)
        except BaseException:
            await group.end(order.grace_secs)
            raise
        finally:
            await group.close()

    def _start(self, order: StepOrder, output: OutputWriter) -> ProcessGroup:
        env = {**self._environment, "TMPDIR": str(order.scratch), **order.env}
        argv = command_line(order, env["PATH"])
        try:
            return ProcessGroup(argv, directory=order.directory, env=env, output=output)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise RunnerFailed(_reason(argv[0], error)) from error
        return ProcessGroup([SHELL, *argv], directory=order.directory, env=env, output=output)

    @cached_property
    def _environment(self) -> dict[str, str]:
        return base_environment(os.environ, self.pass_env)


def _reason(program: str, error: OSError) -> str:
    if error.errno == errno.E2BIG:
        return "The arguments and environment of the step are larger than the system takes; pass large data in files."
    if error.errno == errno.ENOENT:
        return f"{program} cannot be started: it, or the interpreter that its first line names, does not exist."
    return f"{program} cannot be started: {error.strerror}."
