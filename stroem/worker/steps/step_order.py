"""The order of a step for its runner, made from its claim."""

from contextlib import suppress
from pathlib import Path

from stroem.definitions.action import Action
from stroem.definitions.values import env_name_problem
from stroem.interfaces.runner import RunnerFailed, StepOrder
from stroem.protocol.claim import Claim
from stroem.worker.files.work_dirs import WorkDir
from stroem.worker.steps.output_file import NAME

LIBRARIES = "_libraries"


def order_of(
    claim: Claim, action: Action, work_dir: WorkDir, options: object, grace_secs: float, server_url: str
) -> StepOrder:
    """The order. With a token for the API, the step is told the address of the server.

    Raises `RunnerFailed` for a script file that is not there, and for what no process can be given.
    """
    order = StepOrder(
        job_id=claim.job_id,
        workspace=claim.workspace,
        task=claim.task_name,
        step=claim.step_name,
        attempt=claim.attempt,
        action=action,
        input=claim.input,
        env={
            **action.env,
            **({} if claim.event_source_config is None else claim.event_source_config.env),
            "STROEM_JOB_ID": str(claim.job_id),
            "STROEM_TASK_NAME": claim.task_name,
            "STROEM_STEP_NAME": claim.step_name,
            "STROEM_WORKSPACE": claim.workspace,
            **({} if claim.api_token is None else {"STROEM_TOKEN": claim.api_token, "STROEM_URL": server_url}),
        },
        directory=work_dir.directory,
        scratch=work_dir.scratch,
        folders=work_dir.variables,
        output_file=work_dir.scratch / NAME,
        grace_secs=grace_secs,
        source=_source(claim, action.source, work_dir.directory),
        options=options,
        volume=claim.volume,
        script_name=_script_name(claim),
    )
    _check_process(order)
    return order


def remove_scripts(claim: Claim, directory: Path) -> None:
    """Removes the file of the inline script from a folder that steps share."""
    for file in directory.glob(f"{_script_name(claim)}.*"):
        with suppress(OSError):
            file.unlink()


def _script_name(claim: Claim) -> str:
    """The name of the file of an inline script, which in a folder that steps share is one of its own."""
    return "stroem_script" if claim.volume is None else f"stroem_script_{claim.step_id}_{claim.attempt}"


def _check_process(order: StepOrder) -> None:
    """Raises `RunnerFailed` for names and values that a process cannot be given."""
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


def _source(claim: Claim, source: str | None, directory: Path) -> Path | None:
    """The path of the script file; an action of a library has its files in the library's folder."""
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
