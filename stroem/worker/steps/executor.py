"""Execution of one step, from its files to its outcome."""

import asyncio
import datetime
import logging
import os
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import attrs
import orjson

from stroem.interfaces.runner import (
    AdoptingRunner,
    ConnectedRunner,
    Runner,
    RunnerFailed,
    RunnerLost,
    StepMark,
    StepOrder,
    Stream,
    VolumeKeeper,
)
from stroem.protocol.claim import Claim, action_of
from stroem.protocol.reading import MessageUnreadable, read
from stroem.protocol.steps import Outcome
from stroem.worker.events.outboxes import Outboxes
from stroem.worker.files.job_volumes import JobVolumes
from stroem.worker.files.remote_files import RemoteFileAccess
from stroem.worker.files.threads import in_thread
from stroem.worker.files.work_dirs import WorkDir, WorkDirs
from stroem.worker.files.workspace_cache import WorkspaceCache, WorkspaceUnavailable
from stroem.worker.steps.artifact_transfer import ArtifactTransfer
from stroem.worker.steps.exit_text import exit_text
from stroem.worker.steps.in_flight_step import InFlightStep, Stop
from stroem.worker.steps.output import StepOutput
from stroem.worker.steps.runners import Runners, step_options
from stroem.worker.steps.state_transfer import StateTransfer, StateUnavailable
from stroem.worker.steps.step_artifacts import StepArtifacts, StoredArtifacts
from stroem.worker.steps.step_order import order_of, remove_scripts
from stroem.worker.steps.step_state import StepState, StoredState

logger = logging.getLogger(__name__)


class Executor:
    """Runs steps, each with a working directory and an environment of its own.

    `output_bytes` gives the most bytes that a step's output may have now. `installation` is in the marks of steps.
    """

    def __init__(
        self,
        workspaces: WorkspaceCache,
        work_dirs: WorkDirs,
        volumes: JobVolumes,
        remote_files: RemoteFileAccess,
        runners: Runners,
        states: StateTransfer,
        artifacts: ArtifactTransfer,
        outboxes: Outboxes,
        *,
        grace_secs: float,
        output_bytes: Callable[[], int],
        installation: str,
        server_url: str,
    ) -> None:
        self._workspaces = workspaces
        self._work_dirs = work_dirs
        self._volumes = volumes
        self._remote_files = remote_files
        self._runners = runners
        self._states = states
        self._artifacts = artifacts
        self._outboxes = outboxes
        self._grace_secs = grace_secs
        self._output_bytes = output_bytes
        self._installation = installation
        self._server_url = server_url.rstrip("/")

    async def execute(self, step: InFlightStep) -> Outcome:
        """Runs the step; returns its outcome, also after a failure or cancellation.

        Its log is complete when this returns.
        """
        output = self._output(step)
        alarm = self._set_alarm(step)
        try:
            exit_code, state, artifacts = await self._run(step, read(step.document, Claim), output, alarm)
            faults = tuple(fault for fault in (output.fault, state.fault, artifacts.fault) if fault is not None)
            for note in (*state.notes, *artifacts.notes, *faults):
                await output.note(note)
            return _exit_outcome(step, exit_code, output, faults, state.snapshots)
        except asyncio.CancelledError:
            outcome = step.stop_outcome()
        except (RunnerFailed, WorkspaceUnavailable, StateUnavailable, MessageUnreadable, OSError) as error:
            kind = "worker_lost" if isinstance(error, RunnerLost) else "setup"
            outcome = step.ended(-1, error=step.log.masked(_sentence(error)), error_kind=kind)
        except Exception as error:
            logger.exception("step %s", step.attempt)
            text = step.log.masked(f"The worker or its runner failed: {error!r}")
            outcome = step.ended(-1, error=text, error_kind="setup")
        finally:
            if alarm is not None:
                alarm.cancel()
        step.settled = True
        await output.finish()
        await output.note(outcome.error or "")
        return outcome

    async def _run(
        self, step: InFlightStep, claim: Claim, output: StepOutput, alarm: asyncio.TimerHandle | None
    ) -> tuple[int, StoredState, StoredArtifacts]:
        """Runs the step with its state and artifacts.

        Its time limit ends with its process; it can be stopped until all is stored.
        """
        action = action_of(claim)
        if claim.api_token is not None:
            step.log.mask_too(claim.api_token)
        runner = self._runner_of(claim)
        options = step_options(runner, action.options)
        async with self._work_dir(claim, runner) as work_dir:
            order = order_of(claim, action, work_dir, options, self._grace_secs, self._server_url)
            order = self._reachable(order, claim)
            taken = partial(_taken, step, claim)
            state = StepState(claim, work_dir, self._states, taken, most=self._output_bytes())
            await state.restore()
            self._send_events(step, claim, output)
            exit_code = await (_adopting(runner, claim).adopt if step.adopted else runner.run)(order, output)
            if alarm is not None:
                alarm.cancel()
            await output.finish()
            if (written := _written_file(order)) is not None:
                await in_thread(output.add_file, written, action.output)
            stored = await state.store(output.state, step.log)
            artifacts = StoredArtifacts()
            if exit_code == 0 and output.fault is None and stored.fault is None:
                artifacts = await StepArtifacts(claim, work_dir, self._artifacts, taken).store()
            step.settled = True
            return exit_code, stored, artifacts

    def runs_without_server(self, claim: Claim) -> bool:
        """True if a step needs nothing of the server to run: no state, no token, no files on another machine."""
        try:
            runner = self._runner_of(claim)
        except RunnerFailed:
            return False
        needs_state = claim.state_storage_key is not None or claim.global_state_storage_key is not None
        needs_token = claim.action_spec.get("stroem_token") is not None
        return not (needs_state or needs_token or isinstance(runner, VolumeKeeper))

    def _output(self, step: InFlightStep) -> StepOutput:
        """The output. The bytes of both streams are counted where another run of this worker may go on with them."""
        known: dict[Stream, int] | None = None
        with suppress(MessageUnreadable, RunnerFailed):
            claim = read(step.document, Claim)
            if isinstance(self._runner_of(claim), AdoptingRunner):
                known = {"stdout": claim.stdout_bytes, "stderr": claim.stderr_bytes}
        return StepOutput(step.log, step.attempt.step_name, output_bytes=self._output_bytes(), known=known)

    def _runner_of(self, claim: Claim) -> Runner:
        return self._runners.get(claim.action_type if claim.runner == "none" else claim.runner)

    def _send_events(self, step: InFlightStep, claim: Claim, output: StepOutput) -> None:
        """Has the events of a consumer delivered. Raises `OSError`."""
        if claim.event_source_config is None:
            return
        outbox = self._outboxes.new(claim, claim.event_source_config, step.log.masked)
        output.send_events(outbox)
        step.on_stop = outbox.release

    @asynccontextmanager
    async def _work_dir(self, claim: Claim, runner: Runner) -> AsyncIterator[WorkDir]:
        """The working directory of a step."""
        if claim.revision is None:
            raise WorkspaceUnavailable(f"{claim.workspace}: the server named no revision")
        tree = partial(self._workspaces.use, claim.workspace, claim.revision)
        if claim.volume is not None:
            self._volumes.check_place(claim.volume, is_elsewhere=isinstance(runner, VolumeKeeper))
        async with AsyncExitStack() as stack:
            if claim.volume is None or isinstance(runner, VolumeKeeper):
                async with tree() as files:
                    work_dir = await self._work_dirs.take(files)
            else:
                shared = await stack.enter_async_context(self._volumes.use(claim.volume, tree))
                work_dir = await self._work_dirs.beside(shared)
            try:
                yield work_dir
            finally:
                if work_dir.shared is not None:
                    remove_scripts(claim, work_dir.shared)
                await self._work_dirs.give_back(work_dir, again=not isinstance(runner, ConnectedRunner))

    def _reachable(self, order: StepOrder, claim: Claim) -> StepOrder:
        """The order with what a step on another machine needs."""
        take_back = None if claim.step_id is None else partial(self._remote_files.take_back, claim, order)
        remote_files = partial(self._remote_files.of, claim)
        return attrs.evolve(order, mark=self._mark(claim), remote_files=remote_files, take_back=take_back)

    def _mark(self, claim: Claim) -> StepMark | None:
        if claim.step_id is None:
            return None
        return StepMark(
            installation=self._installation, job_id=claim.job_id, step_id=claim.step_id, attempt=claim.attempt
        )

    def _set_alarm(self, step: InFlightStep) -> asyncio.TimerHandle | None:
        if step.timeout_secs is None:
            return None
        secs = step.timeout_secs
        if step.adopted and step.claimed_at is not None:
            secs -= (datetime.datetime.now(datetime.UTC) - step.claimed_at).total_seconds()
        return asyncio.get_running_loop().call_later(min(max(0, secs), step.timeout_secs), step.stop, Stop.TIMED_OUT)


async def _taken(step: InFlightStep, claim: Claim) -> Claim:
    """The claim under the id that the server knows, which one that began here gets later."""
    return attrs.evolve(claim, step_id=(await step.taken()).step_id)


def _adopting(runner: Runner, claim: Claim) -> AdoptingRunner:
    """The runner for a step of an earlier run of this worker. Raises `RunnerLost` for one that cannot be adopted."""
    if claim.event_source_config is not None or not isinstance(runner, AdoptingRunner):
        raise RunnerLost("The worker was started again while the step ran.")
    return runner


def _written_file(order: StepOrder) -> Path | None:
    """The file `$STROEM_OUTPUT`, if the step has made it."""
    path = order.output_file
    return path if path is not None and os.path.lexists(path) else None


def _exit_outcome(
    step: InFlightStep, exit_code: int, output: StepOutput, faults: tuple[str, ...], snapshots: tuple[uuid.UUID, ...]
) -> Outcome:
    text = None if output.value is None else step.log.masked(output.value.decode())
    step.output_bytes = len(text or "")
    value = None if text is None else orjson.Fragment(text)
    errors = list(faults)
    if exit_code != 0:
        stderr = [f"Stderr: {output.stderr_tail}"] if output.stderr_tail.strip() else []
        errors = [f"Exit code: {exit_text(exit_code)}", *stderr, *faults]
    error = step.log.masked("\n".join(errors)) if errors else None
    kind = "output" if errors and exit_code == 0 else None
    return step.ended(exit_code, output=value, error=error, error_kind=kind, snapshots=snapshots)


def _sentence(error: Exception) -> str:
    if isinstance(error, WorkspaceUnavailable):
        return f"Failed to download workspace: {error}"
    if isinstance(error, StateUnavailable):
        return f"The state cannot be restored: {error}"
    if isinstance(error, MessageUnreadable):
        return f"The claim cannot be read: {error}"
    if isinstance(error, OSError):
        return f"The worker cannot prepare the step: {error}"
    return str(error)
