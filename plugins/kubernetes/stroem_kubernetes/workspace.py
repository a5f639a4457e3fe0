"""The init container that fetches the files of a step's workspace."""

from typing import Any

from stroem.containers.command import InlineFile
from stroem.containers.places import SCRATCH, WORKSPACE
from stroem.interfaces.runner import RemoteFiles, RunnerFailed
from stroem_kubernetes.container import literal, security_of
from stroem_kubernetes.options import PodOptions

INIT = "workspace"
PART_CHARACTERS = 25_000
"""Characters of a script in one variable: Linux takes 128 KiB, and a character has up to four bytes."""

MOST_PARTS = 30

_FETCH = f"""set -eu
tar={SCRATCH}/.stroem-workspace
printf 'Authorization: Bearer %s\\n' "$STROEM_FILES_TOKEN" >{SCRATCH}/.stroem-header
trap 'rm -f "$tar" {SCRATCH}/.stroem-header' EXIT
curl -fsS --retry 8 --retry-connrefused --retry-max-time 120 --connect-timeout 10 -H @{SCRATCH}/.stroem-header \
 -o "$tar" "$STROEM_FILES_URL"
echo "$STROEM_FILES_SHA256  $tar" | sha256sum -c - >/dev/null || {{
 echo "the files are not those of the release: their digest is not $STROEM_FILES_SHA256" >&2; exit 1; }}
tar -xzf "$tar" -C {WORKSPACE}
"""
_OPEN = f"find {WORKSPACE} -mindepth 1 ! -type l -exec chmod a+rwX {{}} +\n"


def init_container(
    image: str, files: RemoteFiles | None, server: str | None, file: InlineFile | None, limits: dict[str, Any]
) -> dict[str, Any]:
    """The container. `server` replaces the address of the server for pods; `file` is an inline script to write.

    The image needs sh, curl, tar, gzip and sha256sum. It may run as any user: all users of the pod may then change the
    files, since the main container has no capability to do so otherwise. Raises `RunnerFailed`.
    """
    env: dict[str, str] = {}
    script = ""
    if files is not None:
        script += _FETCH
        env["STROEM_FILES_URL"] = (server or files.server).rstrip("/") + files.path
        env["STROEM_FILES_TOKEN"] = files.token
        env["STROEM_FILES_SHA256"] = files.sha256
    if file is not None:
        parts = _parts(file.text)
        env |= parts
        words = " ".join(f'"${name}"' for name in parts)
        script += f"set -eu\nprintf %s {words} >{file.path}\nchmod 644 {file.path}\n"
    if files is not None:
        script += _OPEN
    return {
        "name": INIT,
        "image": image,
        "command": ["/bin/sh", "-c", literal(script)],
        "env": [{"name": name, "value": literal(value)} for name, value in env.items()],
        "volumeMounts": [
            {"name": "scratch", "mountPath": str(SCRATCH)},
            *([{"name": "workspace", "mountPath": str(WORKSPACE)}] if files is not None else []),
        ],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": security_of(PodOptions()),
        **({"resources": limits} if limits else {}),
    }


def _parts(text: str) -> dict[str, str]:
    parts = [text[start : start + PART_CHARACTERS] for start in range(0, len(text), PART_CHARACTERS)] or [""]
    if len(parts) > MOST_PARTS:
        most = MOST_PARTS * PART_CHARACTERS
        raise RunnerFailed(f"An inline script of a pod has at most {most:,} characters: use `source`.")
    return {f"STROEM_SCRIPT_{number}": part for number, part in enumerate(parts)}
