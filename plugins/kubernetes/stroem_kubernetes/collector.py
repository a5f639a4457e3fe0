"""The sidecar that sends what a step has left in its folders to the server."""

from collections.abc import Mapping
from typing import Any

from stroem.containers.places import has_workspace
from stroem.interfaces.runner import RemoteFiles, RunnerFailed, StepOrder
from stroem_kubernetes.container import MAIN, literal, security_of, volume_of
from stroem_kubernetes.options import PodOptions
from stroem_kubernetes.workspace import MAKES_HEADER, curl

COLLECTOR = "collector"
NOTHING = "none"
"""Its message when the step has left nothing."""

_FILES = "/files"
_PACKED = "/packed"
_MESSAGE = "/stroem-message"
_READY = f"{_PACKED}/ready"
_WILD = "*?["

COLLECTS = f"""set -eu
collect() {{
 trap '' TERM
 cd {_FILES}
 if [ -f "$STROEM_OUTPUT" ] && [ ! -L "$STROEM_OUTPUT" ]; then cp "$STROEM_OUTPUT" STROEM_OUTPUT; fi
 find . -mindepth 1 ! -path './WORKSPACE/*' ! -type f ! -type d ! -type l -exec rm -f {{}} +
 : >{_PACKED}/list
 line='
'
 for glob in "$@"; do
  find WORKSPACE -type f -path "WORKSPACE/$glob" ! -path "*$line*" >>{_PACKED}/list
 done
 if [ ! -s {_PACKED}/list ] && [ -z "$(find . -mindepth 2 ! -path './WORKSPACE/*' | head -n 1)" ] \\
  && [ ! -f STROEM_OUTPUT ]; then printf {NOTHING} >{_MESSAGE}; return; fi
 find . -type f -links +1 ! -path './WORKSPACE/*' \\
  -exec sh -c 'cp -p "$1" {_PACKED}/copy && mv -f {_PACKED}/copy "$1"' sh {{}} ';'
 for name in *; do [ "$name" = WORKSPACE ] || echo "$name" >>{_PACKED}/list; done
 tar -czf {_PACKED}/tar -T {_PACKED}/list
 sum=$(sha256sum {_PACKED}/tar | cut -c 1-64)
 {MAKES_HEADER.format(folder=_PACKED)}
 {curl(_PACKED)} -X POST -T {_PACKED}/tar -o {_PACKED}/answer "$STROEM_FILES_URL"
 grep -q "$sum" {_PACKED}/answer || {{ echo "the server received something else than was sent" >&2; exit 1; }}
 printf %s "$sum" >{_MESSAGE}
}}
trap 'collect "$@"; exit 0' TERM"""
"""Collects on TERM, from then on; the globs are the arguments of the shell."""

WAITS = "while :; do sleep 86400 & wait $! || :; done"
_SCRIPT = f"{COLLECTS}\n: >{_READY}\n{WAITS}\n"
_UNTIL_READY = f"until [ -e {_READY} ]; do sleep 0.1 2>/dev/null || sleep 1; done"
"""The hook of the sidecar. The step starts after it: TERM is not sent to a shell that does not handle it yet."""


def add_collector(
    spec: dict[str, Any],
    order: StepOrder,
    image: str,
    files: RemoteFiles,
    server: str | None,
    limits: Mapping[str, Any],
) -> None:
    """Adds the sidecar to the spec of a pod, whose node ends it after the main container. Raises `RunnerFailed`.

    It can read what the user of the main container has written: it is the same user, or root where none is named.
    """
    others = spec.get("initContainers") or []
    if any(isinstance(one, dict) and one.get("name") == COLLECTOR for one in others):
        raise RunnerFailed(f"The manifest has a container named {COLLECTOR!r}, which is a name of Strøm's.")
    env = {
        "STROEM_FILES_URL": (server or files.server).rstrip("/") + files.back,
        "STROEM_FILES_TOKEN": files.token,
        "STROEM_OUTPUT": f"/output/{order.output_file.name if order.output_file else ''}",
    }
    mounts = {
        "packed": _PACKED,
        "files": _FILES,
        "scratch": "/output",
        **{volume_of(variable): f"{_FILES}/{variable}" for variable in order.folders},
    }
    globs = files.globs if has_workspace(order) else ()
    if globs:
        mounts["workspace"] = f"{_FILES}/WORKSPACE"
    container: dict[str, Any] = {
        "name": COLLECTOR,
        "image": image,
        "restartPolicy": "Always",
        "command": ["/bin/sh", "-c", literal(_SCRIPT), "sh", *map(literal, map(find_pattern, globs))],
        "env": [{"name": name, "value": literal(value)} for name, value in env.items()],
        "lifecycle": {"postStart": {"exec": {"command": ["/bin/sh", "-c", _UNTIL_READY]}}},
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in mounts.items()],
        "terminationMessagePath": _MESSAGE,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": _security(spec),
        **({"resources": {**limits, "requests": {"cpu": "10m", "memory": "16Mi"}}} if limits else {}),
    }
    spec["initContainers"] = [*others, container]
    spec["volumes"] = [
        *(spec.get("volumes") or ()),
        {"name": "packed", "emptyDir": {}},
        {"name": "files", "emptyDir": {}},
    ]


def find_pattern(glob: str) -> str:
    """A pattern of `find -path`, whose `*` stands for slashes too. It matches all that the glob does, and more."""
    plain = glob.rstrip("/")
    wild = [at for at, sign in enumerate(plain) if sign in _WILD]
    if not wild:
        return f"{plain}*"
    last = plain.rfind("]") if plain.rfind("]") > wild[-1] else wild[-1]
    return f"{plain[: wild[0]]}*{plain[last + 1 :]}*"


def _security(spec: Mapping[str, Any]) -> dict[str, Any]:
    closed = security_of(PodOptions())
    main = next(one for one in spec["containers"] if one.get("name") == MAIN)
    both = {**(spec.get("securityContext") or {}), **(main.get("securityContext") or {})}
    named = {field: both[field] for field in ("runAsUser", "runAsGroup", "runAsNonRoot") if field in both}
    if named:
        return {**closed, **named}
    reading = {"drop": ["ALL"], "add": ["DAC_OVERRIDE"]}
    return {**closed, "runAsUser": 0, "runAsGroup": 0, "capabilities": reading}
