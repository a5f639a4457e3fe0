"""Runs one step from its files to its outcome."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import attrs

from stroem.definitions.values import env_name_problem
from stroem.interfaces.runner import RunnerFailed, StepOrder
from stroem.worker.claim import LIBRARIES, Claim, ClaimUnreadable, parse_claim
from stroem.worker.files.work_dirs import StepArea, StepAreas
from stroem.worker.files.workspace_cache import WorkspaceCache, WorkspaceUnavailable
from stroem.worker.steps.attempt import HeldStep, Outcome, Stop
from stroem.worker.steps.exit_text import exit_text
from stroem.worker.steps.output import StepOutput
from stroem.worker.steps.runners import Runners, step_options
from stroem.worker.steps.token_mask import TokenMask

logger = logging.getLogger(__name__)


class Executor:
    """Gives each step its files, its directory and its environment, and runs it."""

    def __init__(
        self,
        *,
        workspaces: WorkspaceCache,
        areas: StepAreas,
        runners: Runners,
        grace_secs: float,
        output_bytes: Callable[[], int],
        mask: TokenMask,
    ) -> None:
        self._workspaces = workspaces
        self._areas = areas
        self._runners = runners
        self._grace_secs = grace_secs
        self._output_bytes = output_bytes
        self._mask = mask

    async def execute(self, step: HeldStep) -> Outcome:
        """Runs the step to its end, whatever happens to it. All it printed is in its log then."""
        output = StepOutput(step.log, step.key.step, output_bytes=self._output_bytes())
        alarm = self._set_alarm(step)
        try:
            exit_code = await self._run(step, parse_claim(step.document), output)
            await output.finish()
            if output.fault is not None:
                await output.note(output.fault)
            return self._masked(_exit_outcome(exit_code, output))
        except asyncio.CancelledError:
            outcome = step.stop_outcome()
        except (RunnerFailed, WorkspaceUnavailable, ClaimUnreadable, OSError) as error:
            outcome = Outcome(exit_code=-1, error=_sentence(error))
        except Exception as error:
            logger.exception("step %s", step.key)
            outcome = Outcome(exit_code=-1, error=f"The worker or its runner failed: {error!r}")
        finally:
            if alarm is not None:
                alarm.cancel()
        step.settled = True
        await output.finish()
        await output.note(outcome.error or "")
        return self._masked(outcome)

    def _masked(self, outcome: Outcome) -> Outcome:
        """The outcome without the worker's token."""
        error = None if outcome.error is None else self._mask.text(outcome.error)
        output = None if outcome.output is None else self._mask.text(outcome.output.decode()).encode()
        return attrs.evolve(outcome, error=error, output=output)

    async def _run(self, step: HeldStep, claim: Claim, output: StepOutput) -> int:
        runner = self._runners.get(claim.runner)
        options = step_options(runner, claim.action.options)
        area = await self._area(claim)
        try:
            order = _order(claim, area, options, self._grace_secs)
            _check_process(order)
            exit_code = await runner.run(order, output)
            step.settled = True
            return exit_code
        finally:
            await self._areas.give_back(area)

    async def _area(self, claim: Claim) -> StepArea:
        if claim.revision is None:
            raise WorkspaceUnavailable(f"{claim.workspace}: the server named no revision")
        async with self._workspaces.use(claim.workspace, claim.revision) as tree:
            return await self._areas.take(tree)

    def _set_alarm(self, step: HeldStep) -> asyncio.TimerHandle | None:
        if step.timeout_secs is None:
            return None
        return asyncio.get_running_loop().call_later(step.timeout_secs, step.stop, Stop.TIMED_OUT)


def _order(claim: Claim, area: StepArea, options: object, grace_secs: float) -> StepOrder:
    return StepOrder(
        job_id=claim.job_id,
        workspace=claim.workspace,
        task=claim.task,
        step=claim.step,
        attempt=claim.attempt,
        action=claim.action,
        input=claim.input,
        env={
            **claim.action.env,
            "STROEM_JOB_ID": str(claim.job_id),
            "STROEM_TASK_NAME": claim.task,
            "STROEM_STEP_NAME": claim.step,
            "STROEM_WORKSPACE": claim.workspace,
        },
        directory=area.directory,
        scratch=area.scratch,
        grace_secs=grace_secs,
        source=_source(claim, area.directory),
        options=options,
    )


def _check_process(order: StepOrder) -> None:
    """Raises RunnerFailed for what the system cannot hand to a process."""
    action = order.action
    for name, value in order.env.items():
        if problem := env_name_problem(name):
            raise RunnerFailed(f"env: {problem}.")
        if "\0" in value:
            raise RunnerFailed(f"env.{name} holds the character NUL.")
    texts = {"cmd": (action.cmd,), "script": (action.script,), "source": (action.source,), "args": action.args}
    for field, values in texts.items():
        if any(value and "\0" in value for value in values):
            raise RunnerFailed(f"{field} holds the character NUL.")


def _source(claim: Claim, directory: Path) -> Path | None:
    """Where the script file is: an action of a library has its files in the library's folder."""
    source = claim.action.source
    if source is None:
        return None
    library, dot, _ = claim.action_name.partition(".")
    beneath = directory / LIBRARIES / library
    path = ((beneath if dot and beneath.is_dir() else directory) / source).resolve()
    if not path.is_relative_to(directory):
        raise RunnerFailed(f"source {source!r} leads out of the workspace.")
    if not path.is_file():
        raise RunnerFailed(f"source {source!r} is not in workspace {claim.workspace} at {claim.revision}.")
    return path


def _exit_outcome(exit_code: int, output: StepOutput) -> Outcome:
    if exit_code == 0:
        return Outcome(exit_code=0, output=output.value, error=output.fault)
    error = f"Exit code: {exit_text(exit_code)}"
    if output.stderr_tail.strip():
        error = f"{error}\nStderr: {output.stderr_tail}"
    if output.fault is not None:
        error = f"{error}\n{output.fault}"
    return Outcome(exit_code=exit_code, output=output.value, error=error)


def _sentence(error: Exception) -> str:
    if isinstance(error, WorkspaceUnavailable):
        return f"Failed to download workspace: {error}"
    if isinstance(error, OSError):
        return f"The worker cannot prepare the step: {error}"
    return str(error)
