"""Runs steps as processes of the worker's own machine."""

import asyncio
import errno
import os
from functools import cached_property
from typing import ClassVar

import attrs

from stroem.interfaces.runner import OutputWriter, RunnerFailed, StepOrder
from stroem_shell.account import Account
from stroem_shell.command import SHELL, command_line, languages_on
from stroem_shell.environment import base_environment
from stroem_shell.package_environment import MOST_BYTES
from stroem_shell.process_group import ProcessGroup


@attrs.define(kw_only=True, slots=False)
class ShellRunner:
    """Runs scripts in a process group of their own. `pass_env` names what of the worker's environment
    steps may see besides PATH, HOME, USER, LANG and TZ; `*` stands for any characters. `user` is the user that
    they run as; without it they run as the worker's own. Environments of packages have at most
    `environments_bytes` together, beside those in use.
    """

    name: ClassVar[str] = "local"
    ability: ClassVar[str] = "script"
    Options: ClassVar[type | None] = None

    pass_env: tuple[str, ...] = ()
    user: str | None = None
    environments_bytes: int = MOST_BYTES

    def __attrs_post_init__(self) -> None:
        """Raises `ValueError` when processes cannot be started as the `user`."""
        account = None if self.user is None else Account.named(self.user)
        self._account = account if account and account.uid != os.geteuid() else None

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages for which there are programs on the PATH now."""
        return languages_on(self._environment["PATH"])

    async def run(self, order: StepOrder, output: OutputWriter) -> int:
        """Runs the script to its end; see `Runner.run`."""
        if self._account is not None:
            for directory in (order.directory, order.scratch, *order.folders.values()):
                await asyncio.to_thread(self._account.hand_over, directory)
        group = self._start(order, output)
        try:
            return await group.finish(order.grace_secs)
        except BaseException:
            await group.end(order.grace_secs)
            raise
        finally:
            await group.close()

    def _start(self, order: StepOrder, output: OutputWriter) -> ProcessGroup:
        folders = {name: str(path) for name, path in order.folders.items()}
        env = {**self._environment, "TMPDIR": str(order.scratch), **folders, **order.env}
        if order.output_file is not None:
            env["STROEM_OUTPUT"] = str(order.output_file)
        argv = command_line(order, env, most_environment_bytes=self.environments_bytes)
        try:
            return ProcessGroup(argv, directory=order.directory, env=env, output=output, account=self._account)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise RunnerFailed(_reason(argv[0], error)) from error
        return ProcessGroup([SHELL, *argv], directory=order.directory, env=env, output=output, account=self._account)

    @cached_property
    def _environment(self) -> dict[str, str]:
        own = self._account.variables if self._account is not None else {}
        return {**base_environment(os.environ, self.pass_env), **own}


def _reason(program: str, error: OSError) -> str:
    if error.errno == errno.E2BIG:
        return "The arguments and environment of the step are larger than the system takes; pass large data in files."
    if error.errno == errno.ENOENT:
        return f"{program} cannot be started: it, or the interpreter that its first line names, does not exist."
    return f"{program} cannot be started: {error.strerror}."
