"""The pod of a step, as it is made."""

import math
import uuid
from collections.abc import Mapping
from typing import Any

import attrs

from stroem.containers.places import has_workspace
from stroem.definitions.action import Resources
from stroem.interfaces.runner import RemoteFiles, RunnerFailed, StepOrder
from stroem_kubernetes.allowed import Allowed
from stroem_kubernetes.collector import add_collector
from stroem_kubernetes.container import (
    MAIN,
    command_of,
    main_container,
    resources_of,
    volumes,
)
from stroem_kubernetes.marks import VOLUME, annotations_of, claim_name, labels_of, pod_name
from stroem_kubernetes.merge import merged
from stroem_kubernetes.options import PodOptions, Pull
from stroem_kubernetes.workspace import init_container

FS_GROUP = 10_000
"""The group that owns the storage which pods of a job share; all users in the pods are in it."""

STARTUP = "/etc/stroem/startup.d"


@attrs.frozen(kw_only=True)
class PodDefaults:
    """Default settings of pods; an action overrides them. See `KubernetesRunner`."""

    image: str | None
    init_image: str
    server_url: str | None
    pull: Pull | None
    cpu: str | None
    memory: str | None
    gpu_resource: str
    node_selector: Mapping[str, str]
    tolerations: tuple[Mapping[str, Any], ...]
    service_account: str | None
    image_pull_secrets: tuple[str, ...]
    run_as: str | None
    startup_configmap: str | None
    collect_secs: float
    allow: Allowed


async def pod_of(
    order: StepOrder, namespace: str, runner_id: str, defaults: PodDefaults, *, fills: bool = True
) -> dict[str, Any]:
    """The pod. `fills` says whether its workspace is to be fetched.

    Raises `RunnerFailed` for a step that makes none, or asks for what is not allowed.
    """
    action = order.action
    options = order.options if isinstance(order.options, PodOptions) else PodOptions()
    image = action.image or (defaults.image if action.type == "script" else None)
    if image is None:
        raise RunnerFailed("The action names no `image`, and the worker has none in `runners.pod.image`.")
    options = attrs.evolve(
        options,
        pull=defaults.pull if options.pull is None else options.pull,
        user=defaults.run_as if options.user is None else options.user,
    )
    wanted = action.resources or Resources()
    resources = resources_of(wanted, defaults.cpu, defaults.memory, defaults.gpu_resource)
    command = command_of(order)
    files = await _files_of(order)
    with_folders = files is not None and order.take_back is not None
    container = main_container(order, options, image, command, resources, with_folders=with_folders)
    spec: dict[str, Any] = {
        "containers": [container],
        "volumes": volumes(order, options, with_folders=with_folders),
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "nodeSelector": {**defaults.node_selector, **options.node_selector},
        "tolerations": [dict(one) for one in (*defaults.tolerations, *options.tolerations)],
        "imagePullSecrets": [{"name": name} for name in (*defaults.image_pull_secrets, *options.image_pull_secrets)],
        **{f"host{name.upper() if name != 'network' else 'Network'}": True for name in options.host_namespaces},
    }
    if account := options.service_account or defaults.service_account:
        spec["serviceAccountName"] = account
    if options.runtime is not None:
        spec["runtimeClassName"] = options.runtime
    if defaults.startup_configmap is not None and action.type == "script":
        spec["volumes"].append({"name": "startup", "configMap": {"name": defaults.startup_configmap}})
        container["volumeMounts"].append({"name": "startup", "mountPath": STARTUP, "readOnly": True})
    limits = resources_of(Resources(), defaults.cpu, defaults.memory, defaults.gpu_resource)
    file = None if command is None else command.file
    fetched = files if files is not None and (has_workspace(order) or files.folders) else None
    if fetched is not None or file is not None:
        init = init_container(
            defaults.init_image,
            fetched,
            defaults.server_url,
            file,
            limits,
            options.user,
            with_workspace=has_workspace(order),
            fills=fills,
        )
        spec["initContainers"] = [init]
    if order.volume is not None:
        spec |= _beside_others(order.volume)
    if with_folders:
        spec["terminationGracePeriodSeconds"] = math.ceil(defaults.collect_secs)
    pod = merged({"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": spec}, action.manifest or {})
    _check(pod, defaults, order)
    if files is not None and with_folders:
        add_collector(pod["spec"], order, defaults.init_image, files, defaults.server_url, limits)
    metadata = {
        "name": pod_name(order),
        "namespace": namespace,
        "labels": {**(pod["metadata"].get("labels") or {}), **labels_of(order, runner_id)},
        "annotations": {**(pod["metadata"].get("annotations") or {}), **annotations_of(order)},
    }
    if options.registry_auth is not None:
        pod["spec"]["imagePullSecrets"] = [*(pod["spec"].get("imagePullSecrets") or ()), {"name": metadata["name"]}]
    return {**pod, "metadata": {**pod["metadata"], **metadata}}


def _beside_others(volume: uuid.UUID) -> dict[str, Any]:
    """The fields of a pod that uses the storage of its job: a group that may write there, and a preferred node."""
    term = {"labelSelector": {"matchLabels": {VOLUME: str(volume)}}, "topologyKey": "kubernetes.io/hostname"}
    affinity = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}
    return {
        "securityContext": {"fsGroup": FS_GROUP, "fsGroupChangePolicy": "OnRootMismatch"},
        "affinity": {"podAffinity": affinity},
    }


async def _files_of(order: StepOrder) -> RemoteFiles | None:
    if not has_workspace(order) and order.take_back is None:
        return None
    if order.remote_files is None:
        raise RunnerFailed("The server of this worker does not hand files of workspaces to pods.")
    return await order.remote_files()


def _check(pod: Mapping[str, Any], defaults: PodDefaults, order: StepOrder) -> None:
    spec, metadata = pod.get("spec"), pod.get("metadata")
    if not isinstance(spec, dict) or not isinstance(metadata, dict) or pod.get("kind") != "Pod":
        raise RunnerFailed("The manifest makes no pod: it has the keys `metadata` and `spec` of a pod.")
    containers = spec.get("containers")
    names = [one.get("name") for one in containers if isinstance(one, dict)] if isinstance(containers, list) else []
    if MAIN not in names:
        raise RunnerFailed(f"The manifest leaves no container named {MAIN!r}, which is that of the step.")
    if spec.get("restartPolicy") != "Never":
        raise RunnerFailed("The manifest's restartPolicy is for Strøm: steps are tried again by `retry`.")
    own_images = tuple(image for image in (defaults.image, defaults.init_image) if image is not None)
    own_claim = None if order.volume is None else claim_name(order.volume)
    defaults.allow.check(spec, own_images, defaults.service_account, defaults.gpu_resource, own_claim)
