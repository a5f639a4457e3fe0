"""The main container of a step's pod."""

import re
from collections.abc import Mapping
from typing import Any

from stroem.containers.allowances import capability_name
from stroem.containers.command import ScriptCommand, script_command
from stroem.containers.places import SCRATCH, WORKSPACE, folder_inside, has_workspace, variables
from stroem.definitions.action import Resources
from stroem.interfaces.runner import RunnerFailed, StepOrder
from stroem_kubernetes.marks import claim_name
from stroem_kubernetes.options import PodOptions

MAIN = "step"
PULL_POLICIES = {"always": "Always", "missing": "IfNotPresent", "never": "Never"}
_DOCKER_UNITS = {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_DOCKER_SIZE = re.compile(r"(\d+)([bkmg])")


def command_of(order: StepOrder) -> ScriptCommand | None:
    """The command line of a script; None for an image that is run otherwise. Raises `RunnerFailed`."""
    return script_command(order) if order.action.type == "script" else None


def main_container(
    order: StepOrder,
    options: PodOptions,
    image: str,
    command: ScriptCommand | None,
    resources: Mapping[str, Any],
    *,
    with_folders: bool,
) -> dict[str, Any]:
    """The container. `with_folders` gives it the further folders of the order."""
    action = order.action
    env = {**(variables(order) if with_folders else {}), **order.env}
    container: dict[str, Any] = {
        "name": MAIN,
        "image": image,
        "env": [{"name": name, "value": literal(value)} for name, value in env.items()],
        "resources": resources,
        "securityContext": security_of(options),
        "volumeMounts": _volume_mounts(order, options, with_folders=with_folders),
    }
    if options.pull is not None:
        container["imagePullPolicy"] = PULL_POLICIES[options.pull]
    if has_workspace(order):
        container["workingDir"] = str(WORKSPACE / (action.workdir or "."))
    if command is not None:
        container["command"] = list(map(literal, command.words))
    elif action.cmd is not None:
        container["command"] = ["/bin/sh", "-c", literal(action.cmd)]
    else:
        if action.entrypoint is not None:
            container["command"] = list(map(literal, action.entrypoint))
        if action.command is not None:
            container["args"] = list(map(literal, action.command))
    return container


def security_of(options: PodOptions) -> dict[str, Any]:
    """The rights of the container: none but those that are asked for."""
    if options.privileged:
        return {"privileged": True, **_user(options.user)}
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": not options.writable,
        "capabilities": {"drop": ["ALL"], **({"add": _capabilities(options)} if options.capabilities else {})},
        "seccompProfile": {"type": "RuntimeDefault"},
        **_user(options.user),
    }


def resources_of(resources: Resources, default_cpu: str | None, default_memory: str | None, gpu: str) -> dict[str, Any]:
    """Limits, which are what the scheduler reserves too. Raises `RunnerFailed`."""
    limits: dict[str, Any] = {}
    if cpu := resources.cpu or default_cpu:
        limits["cpu"] = cpu
    if memory := resources.memory or default_memory:
        limits["memory"] = memory_quantity(memory)
    if resources.gpus < 0:
        raise RunnerFailed("resources.gpus: a pod needs a number of GPUs, -1 is for the Docker runner.")
    if resources.gpus:
        limits[gpu] = str(resources.gpus)
    return {"limits": limits} if limits else {}


def memory_quantity(text: str) -> str:
    """A size in the notation of Kubernetes; that of Docker, where `512m` are mebibytes, is converted."""
    found = _DOCKER_SIZE.fullmatch(text)
    return str(int(found[1]) * _DOCKER_UNITS[found[2]]) if found else text


def literal(text: str) -> str:
    """A text in which Kubernetes replaces no `$(NAME)`."""
    return text.replace("$", "$$")


def meant(text: str) -> str:
    """The text that such a literal stands for."""
    return text.replace("$$", "$")


def volume_of(variable: str) -> str:
    """The name of the volume for a folder of the order."""
    return f"folder-{folder_inside(variable).name}"


def _volume_mounts(order: StepOrder, options: PodOptions, *, with_folders: bool) -> list[dict[str, Any]]:
    mounts: list[dict[str, Any]] = [{"name": "scratch", "mountPath": str(SCRATCH)}]
    if has_workspace(order):
        mounts.append({"name": "workspace", "mountPath": str(WORKSPACE)})
    for variable in order.folders if with_folders else ():
        mounts.append({"name": volume_of(variable), "mountPath": str(folder_inside(variable))})
    if order.action.resources is not None and order.action.resources.shm:
        mounts.append({"name": "shm", "mountPath": "/dev/shm"})  # noqa: S108 (of the container)
    for number, text in enumerate(options.volumes):
        _, target, is_read_only = _volume_parts(text)
        mounts.append({"name": f"volume-{number}", "mountPath": target, "readOnly": is_read_only})
    return mounts


def volumes(order: StepOrder, options: PodOptions, *, with_folders: bool) -> list[dict[str, Any]]:
    """The volumes of the pod."""
    found: list[dict[str, Any]] = [{"name": "scratch", "emptyDir": {}}]
    if has_workspace(order):
        shared = None if order.volume is None else {"claimName": claim_name(order.volume)}
        found.append({"name": "workspace", **({"persistentVolumeClaim": shared} if shared else {"emptyDir": {}})})
    if with_folders:
        found += [{"name": volume_of(variable), "emptyDir": {}} for variable in order.folders]
    if order.action.resources is not None and (shm := order.action.resources.shm):
        found.append({"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": memory_quantity(shm)}})
    for number, text in enumerate(options.volumes):
        source, _, is_read_only = _volume_parts(text)
        kind: dict[str, Any] = {"persistentVolumeClaim": {"claimName": source, "readOnly": is_read_only}}
        if source.startswith("/"):
            kind = {"hostPath": {"path": source}}
        found.append({"name": f"volume-{number}", **kind})
    return found


def _volume_parts(text: str) -> tuple[str, str, bool]:
    source, _, rest = text.partition(":")
    target, _, mode = rest.partition(":")
    if not source or not target.startswith("/") or mode not in ("", "ro", "rw"):
        raise RunnerFailed(
            f"options.volumes: {text!r} is not SOURCE:TARGET or SOURCE:TARGET:ro, with a path as target."
        )
    return source, target, mode == "ro"


def _user(user: str | None) -> dict[str, Any]:
    """The user by its number. That it is not root is said too: namespaces that require it require the words."""
    if user is None:
        return {}
    uid, colon, gid = user.partition(":")
    if not uid.isdecimal() or (colon and not gid.isdecimal()):
        raise RunnerFailed(f"options.user: {user!r} is no number; a pod takes UID or UID:GID.")
    named = {"runAsUser": int(uid), **({"runAsGroup": int(gid)} if gid else {})}
    return {**named, "runAsNonRoot": True} if int(uid) else named


def _capabilities(options: PodOptions) -> list[str]:
    return [capability_name(capability) for capability in options.capabilities]
