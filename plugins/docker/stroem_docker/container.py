"""The requests that make containers."""

import os
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

import attrs
import docker
from docker.errors import DockerException
from docker.types import DeviceRequest, Mount

from stroem.containers.command import script_command
from stroem.containers.places import SCRATCH, WORKSPACE, variables
from stroem.containers.volumes import volume_of
from stroem.definitions.action import Resources
from stroem.definitions.amounts import amount_of
from stroem.interfaces.runner import RunnerFailed, StepOrder
from stroem_docker.marks import labels_of
from stroem_docker.options import ContainerOptions
from stroem_docker.places import Place, open_to_all, places, write_file

LABEL = "stroem.step"
"""The label that all containers of steps have."""

MOST_PIDS = 4096
_ROOT = ("0", "0:0")


@attrs.frozen(kw_only=True)
class Defaults:
    """What a container has where its step asks for nothing else. `user` is who runs scripts."""

    network: str = "bridge"
    cpu: str | None = None
    memory: str | None = None
    pids: int = MOST_PIDS
    user: str | None = None


@attrs.frozen(kw_only=True)
class Shape:
    """The part of a request to make a container that equal steps share.

    A container serves any step of its shape. `user` is None for that of the image.
    """

    image: str
    user: str | None
    with_workspace: bool
    host_config: Mapping[str, Any]

    def request(self, folders: Iterable[Place], labels: Mapping[str, str]) -> dict[str, Any]:
        """Arguments of `create_container`."""
        mounts = [Mount(str(place.inside), str(place.host.resolve()), type="bind") for place in folders]
        return {
            "image": self.image,
            "user": self.user,
            "labels": labels,
            "host_config": {**self.host_config, "Mounts": [*mounts, *self.host_config["Mounts"]]},
        }

    def open(self, folders: Iterable[Place]) -> None:
        """Makes the folders of a step ready for the user of the container."""
        if self.user not in (worker_user(), *_ROOT):
            for place in folders:
                open_to_all(place.host)

    @property
    def home(self) -> Mapping[str, str]:
        """The variable HOME, of which engines know only that of users in the image."""
        return {} if self.user in (None, "0:0") else {"HOME": str(SCRATCH)}


def shape_of(
    client: docker.APIClient,
    image: str,
    resources: Resources,
    options: ContainerOptions,
    defaults: Defaults,
    *,
    with_workspace: bool,
) -> Shape:
    """The shape of a container. Raises `RunnerFailed` for values that make none."""
    return Shape(
        image=image,
        user=options.user or (defaults.user if with_workspace else None),
        with_workspace=with_workspace,
        host_config=_host_config(client, resources, options, defaults),
    )


def step_request(shape: Shape, order: StepOrder) -> dict[str, Any]:
    """The arguments of `create_container` for a step, whose folders are made ready. Raises `RunnerFailed`."""
    folders = list(places(order, with_workspace=shape.with_workspace))
    shape.open(folders)
    command, entrypoint = command_of(order)
    labels = {
        LABEL: order.step,
        "stroem.job": str(order.job_id),
        "stroem.task": order.task,
        "stroem.workspace": order.workspace,
        "stroem.attempt": str(order.attempt),
        **(labels_of(order.mark) if order.mark else {}),
    }
    return {
        **shape.request(folders, labels),
        "command": command,
        "entrypoint": entrypoint,
        "environment": environment(shape, order),
        "working_dir": str(workdir_of(order)) if shape.with_workspace else None,
    }


def environment(shape: Shape, order: StepOrder) -> dict[str, str]:
    """The variables of a step beside those of the image."""
    return {**shape.home, **variables(order), **order.env}


def command_of(order: StepOrder) -> tuple[list[str] | None, list[str] | None]:
    """The command and the entrypoint of a step, None for those of the image. Writes its script, if it needs a file."""
    action = order.action
    if action.type == "script":
        command = script_command(order)
        if command.file is not None:
            write_file(order, command.file)
        return command.words, []
    if action.cmd is not None:
        return ["/bin/sh", "-c", action.cmd], []
    return _listed(action.command), _listed(action.entrypoint)


def _listed(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else list(words)


def workdir_of(order: StepOrder) -> PurePosixPath:
    """Where a step with a workspace starts."""
    workdir = order.action.workdir
    return WORKSPACE if workdir is None else WORKSPACE / workdir


def _host_config(
    client: docker.APIClient, resources: Resources, options: ContainerOptions, defaults: Defaults
) -> dict[str, Any]:
    try:
        memory = _bytes("memory", resources.memory or defaults.memory)
        config: dict[str, Any] = client.create_host_config(
            mounts=[*map(_mount, options.volumes)],
            network_mode=options.network or defaults.network,
            read_only=not options.writable,
            cap_drop=["ALL"],
            cap_add=list(options.capabilities),
            security_opt=["no-new-privileges"],
            privileged=options.privileged,
            init=True,
            ipc_mode="private",
            mem_limit=memory,
            memswap_limit=memory,
            nano_cpus=_nano_cpus(resources.cpu or defaults.cpu),
            pids_limit=resources.pids or defaults.pids,
            shm_size=_bytes("shm", resources.shm),
            runtime=options.runtime,
            device_requests=[DeviceRequest(count=resources.gpus, capabilities=[["gpu"]])] if resources.gpus else None,
            log_config={"Type": "none"},  # the output is read as it comes, and kept by the server
        )
    except (DockerException, ValueError, TypeError) as error:
        raise RunnerFailed(f"The options of the container are not valid: {error}") from error
    return config


def _mount(text: str) -> Mount:
    volume = volume_of(text)
    kind = "bind" if volume.source.startswith("/") else "volume"
    return Mount(volume.target, volume.source, type=kind, read_only=volume.is_read_only)


def _nano_cpus(text: str | None) -> int | None:
    return None if text is None else amount_of("cpu", text) * 10**6


def _bytes(name: str, text: str | None) -> int | None:
    return None if text is None else amount_of(name, text) // 1000


def worker_user() -> str:
    """The user and group of this process, who owns the folders of steps."""
    return f"{os.geteuid()}:{os.getegid()}"
