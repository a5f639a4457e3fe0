"""The init container that fetches the files of a step: its workspace, and its state."""

from typing import Any

from stroem.containers.command import InlineFile
from stroem.containers.places import SCRATCH, WORKSPACE, folder_inside
from stroem.interfaces.runner import RemoteFiles, RunnerFailed
from stroem_kubernetes.container import literal, security_of, volume_of
from stroem_kubernetes.options import PodOptions

INIT = "workspace"
PART_CHARACTERS = 25_000
"""Characters of a script in one variable: Linux takes 128 KiB, and a character has up to four bytes."""

MOST_PARTS = 30

MAKES_HEADER = "printf 'Authorization: Bearer %s\\n' \"$STROEM_FILES_TOKEN\" >{folder}/.stroem-header"
"""Writes the token into a file, since other processes may read command lines."""


def curl(folder: object) -> str:
    """The beginning of a command line with the token, whose header is in the folder."""
    tries = "--retry 8 --retry-connrefused --retry-max-time 120 --connect-timeout 10"
    return f"curl -fsS {tries} -H @{folder}/.stroem-header"


_BEGIN = f"""set -eu
tar={SCRATCH}/.stroem-workspace
{MAKES_HEADER.format(folder=SCRATCH)}
trap 'rm -f "$tar" {SCRATCH}/.stroem-header' EXIT
"""
_FETCH = f"""{curl(SCRATCH)} -o "$tar" "$STROEM_FILES_URL"
echo "$STROEM_FILES_SHA256  $tar" | sha256sum -c - >/dev/null || {{
 echo "the files are not those of the release: their digest is not $STROEM_FILES_SHA256" >&2; exit 1; }}
tar -xzf "$tar" -C {WORKSPACE}
"""


def init_container(
    image: str,
    files: RemoteFiles | None,
    server: str | None,
    file: InlineFile | None,
    limits: dict[str, Any],
    user: str | None = None,
    *,
    with_workspace: bool,
    fills: bool = True,
) -> dict[str, Any]:
    """The container, which fetches the workspace if it `fills` it.

    `server` replaces the address of the server for pods; `file` is an inline script to write.

    The image needs sh, curl, tar, gzip and sha256sum. It runs as the `user` of the step, else as its own. All users of
    the pod may then change the files, since the main container has no capability to do so otherwise. Raises
    `RunnerFailed`.
    """
    env: dict[str, str] = {}
    script = ""
    mounts = {"scratch": str(SCRATCH)}
    if files is not None:
        address = (server or files.server).rstrip("/")
        script += _BEGIN
        env["STROEM_FILES_TOKEN"] = files.token
        if with_workspace:
            mounts["workspace"] = str(WORKSPACE)
        if with_workspace and fills:
            script += _FETCH
            env["STROEM_FILES_URL"] = address + files.path
            env["STROEM_FILES_SHA256"] = files.sha256
        for variable, path in files.folders.items():
            inside = str(folder_inside(variable))
            env[f"STROEM_URL_{variable}"] = address + path
            mounts[volume_of(variable)] = inside
            script += f'{curl(SCRATCH)} -o "$tar" "$STROEM_URL_{variable}"\n'
            script += f'if [ -s "$tar" ]; then tar -xzf "$tar" -C {inside}; rm -f "$tar"; fi\n'
    if file is not None:
        parts = _parts(file.text)
        env |= parts
        words = " ".join(f'"${name}"' for name in parts)
        script += f"set -eu\nprintf %s {words} >{file.path}\nchmod 644 {file.path}\n"
    if opened := [path for name, path in mounts.items() if name != "scratch" and (fills or name != "workspace")]:
        script += f"find {' '.join(opened)} -mindepth 1 ! -type l -exec chmod a+rwX {{}} +\n"
    return {
        "name": INIT,
        "image": image,
        "command": ["/bin/sh", "-c", literal(script)],
        "env": [{"name": name, "value": literal(value)} for name, value in env.items()],
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in mounts.items()],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": security_of(PodOptions(user=user)),
        **({"resources": limits} if limits else {}),
    }


def _parts(text: str) -> dict[str, str]:
    parts = [text[start : start + PART_CHARACTERS] for start in range(0, len(text), PART_CHARACTERS)] or [""]
    if len(parts) > MOST_PARTS:
        most = MOST_PARTS * PART_CHARACTERS
        raise RunnerFailed(f"An inline script of a pod has at most {most:,} characters: use `source`.")
    return {f"STROEM_SCRIPT_{number}": part for number, part in enumerate(parts)}
