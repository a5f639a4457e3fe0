"""A pod that is kept ready, and what a step is told to it."""

import copy
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any
from uuid import UUID

import attrs

from stroem.containers import agent
from stroem.definitions.action import Action
from stroem.interfaces.runner import PoolPlace, RemoteFiles, StepOrder
from stroem_kubernetes.collector import COLLECTOR, COLLECTS, WAITS
from stroem_kubernetes.container import MAIN, meant
from stroem_kubernetes.pool_settings import PoolSettings
from stroem_kubernetes.workspace import INIT

POOL = "stroem.pool"
"""The label of pods that were kept ready."""

_OF_STEPS = ("command", "args", "env", "workingDir")
Pod = Mapping[str, Any]


@attrs.frozen(kw_only=True)
class Words:
    """The input that turns a ready pod into a step: of its sidecar, if it has one, and then of the step's container."""

    sidecar: bytes | None = attrs.field(repr=False)
    main: bytes = attrs.field(repr=False)


def order_of(settings: PoolSettings, place: PoolPlace) -> StepOrder:
    """An order whose pod is that of the pool, but for its commands and variables."""
    action = Action(
        type="script" if settings.workspace else "docker",
        image=settings.image,
        script="" if settings.workspace else None,
        cmd=None if settings.workspace else "",
        resources=settings.resources,
    )
    every = dict.fromkeys(place.variables, "")
    files = RemoteFiles(server="", path="", token="", sha256="", folders=every, globs=("*",))

    async def remote_files() -> RemoteFiles:
        return files

    async def take_back(digest: str) -> None:
        """Takes nothing: no step has the order."""

    return StepOrder(
        job_id=UUID(int=0),
        workspace="",
        task="",
        step="",
        attempt=0,
        action=action,
        input={},
        env={},
        directory=place.folder,
        scratch=place.folder,
        options=settings.options,
        folders={variable: Path(place.folder, variable) for variable in place.variables},
        remote_files=remote_files,
        take_back=take_back,
    )


def shape_of(pod: Pod) -> dict[str, Any]:
    """The part of a pod that does not depend on its step. Pods with equal shapes are interchangeable."""
    spec = copy.deepcopy(dict(pod["spec"]))
    for field in _OF_STEPS:
        _container(spec["containers"], MAIN).pop(field, None)
    inits = spec.pop("initContainers", None) or []
    spec["initContainers"] = [one for one in inits if one["name"] not in (INIT, COLLECTOR)]
    return {"namespace": pod["metadata"]["namespace"], "spec": spec}


def ready_pod(pod: Pod, name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The pod of an order, in whose containers shells wait for their words."""
    spec = copy.deepcopy(dict(pod["spec"]))
    main = _container(spec["containers"], MAIN)
    main |= {"command": list(agent.COMMAND), "env": [], "stdin": True, "stdinOnce": True}
    inits = {one["name"]: one for one in spec.get("initContainers") or ()}
    first, sidecar = inits.pop(INIT, None), inits.pop(COLLECTOR, None)
    if sidecar is not None:
        sidecar |= {"command": list(agent.COMMAND), "env": [], "stdin": True, "stdinOnce": True}
        del sidecar["lifecycle"]
        sidecar["volumeMounts"] += [] if first is None else first["volumeMounts"]
        inits[COLLECTOR] = sidecar
    spec["initContainers"] = list(inits.values())
    metadata = {"name": name, "namespace": pod["metadata"]["namespace"], "labels": dict(labels)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def words_of(pod: Pod, order: StepOrder) -> Words | None:
    """The input that turns a ready pod into this one; None if that takes more than input."""
    main = _container(pod["spec"]["containers"], MAIN)
    inits = {one["name"]: one for one in pod["spec"].get("initContainers") or ()}
    if order.action.manifest is not None or "command" not in main or (INIT in inits and COLLECTOR not in inits):
        return None
    words = [meant(word) for word in (*main["command"], *(main.get("args") or ()))]
    env = _variables(main)
    if not agent.can_say(words, env):
        return None
    workdir = main.get("workingDir")
    sidecar = None
    if COLLECTOR in inits:
        sidecar = _told(inits.get(INIT), inits[COLLECTOR], workdir)
    return Words(sidecar=sidecar, main=agent.message(words, env, workdir))


def _told(first: Mapping[str, Any] | None, collector: Mapping[str, Any], workdir: str | None) -> bytes:
    lines = ["{"]
    if first is not None:
        lines += ["(", _exports(first), meant(first["command"][2]), ")", "code=$?; [ $code = 0 ] || exit $code"]
    if workdir is not None:
        lines.append(f"mkdir -p {quote(workdir)}")
    globs = " ".join(quote(meant(word)) for word in collector["command"][4:])
    lines += [_exports(collector), f"set -- {globs}", COLLECTS, f"echo '{agent.BEGINS.decode().strip()}'", WAITS]
    return "\n".join([*lines, "}", ""]).encode()


def _exports(container: Mapping[str, Any]) -> str:
    named = " ".join(f"{name}={quote(value)}" for name, value in _variables(container).items())
    return f"export {named}" if named else ":"


def _variables(container: Mapping[str, Any]) -> dict[str, str]:
    return {one["name"]: meant(one["value"]) for one in container.get("env") or ()}


def _container(containers: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(one for one in containers if one["name"] == name)
