"""What a pod manifest may not ask for: it would leave the pod."""

from stroem.conversion.mistake import Mistake, Mistakes, Path
from stroem.definitions.values import Json

_NEVER_TRUE = frozenset({"hostNetwork", "hostPID", "hostIPC", "privileged", "allowPrivilegeEscalation"})
_SOCKET = "/var/run/docker.sock"


def check_manifest(value: Json, path: Path, mistakes: Mistakes) -> None:
    """Notes host namespaces, host paths, privileges and mounts of the Docker socket, at any depth."""
    if isinstance(value, dict):
        for key, entry in value.items():
            if key == "hostPath" or (key in _NEVER_TRUE and entry is True):
                _forbid(f"{key!r} is not allowed in a manifest", (*path, key), mistakes)
            else:
                check_manifest(entry, (*path, key), mistakes)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            check_manifest(entry, (*path, index), mistakes)
    elif isinstance(value, str) and value.rstrip("/") == _SOCKET:
        _forbid("the Docker socket cannot be mounted", path, mistakes)


def _forbid(message: str, path: Path, mistakes: Mistakes) -> None:
    mistakes.append(Mistake(code="forbidden-manifest", message=message, path=path, hint="remove it", at_key=True))
