"""The Secret with the account of a registry, made for the pod of one step."""

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from stroem.containers.registry_auth import RegistryAuth
from stroem_kubernetes.container import MAIN

_DOCKER_HUB = "https://index.docker.io/v1/"


def pull_secret(pod: Mapping[str, Any], uid: str, auth: RegistryAuth) -> dict[str, Any]:
    """A Secret with the name of the pod, which owns it: the cluster removes it with the pod at the latest."""
    metadata = pod["metadata"]
    (image,) = (one["image"] for one in pod["spec"]["containers"] if one["name"] == MAIN)
    both = base64.b64encode(f"{auth.username}:{auth.password}".encode()).decode()
    account = {"username": auth.username, "password": auth.password, "auth": both}
    config = orjson.dumps({"auths": {registry_of(image): account}})
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": metadata["labels"],
            "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": uid}],
        },
        "type": "kubernetes.io/dockerconfigjson",
        "immutable": True,
        "data": {".dockerconfigjson": base64.b64encode(config).decode()},
    }


def has_pull_secret(pod: Mapping[str, Any]) -> bool:
    """Whether such a Secret was made for the pod."""
    name = pod["metadata"]["name"]
    return any(one.get("name") == name for one in pod["spec"].get("imagePullSecrets") or ())


def registry_of(image: str) -> str:
    """The registry of an image, as configurations of Docker name it."""
    first, slash, _ = image.partition("/")
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    return first if is_host and first not in ("docker.io", "index.docker.io") else _DOCKER_HUB
