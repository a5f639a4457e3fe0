"""The agent, which waits in a container that is kept ready, and what it is told to become a step.

The agent is the shell of the image, which reads one command of its standard input and becomes it. Its input ends when
its worker does, and the agent with it. Nothing about the step is in the configuration of the container or in a file.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from shlex import quote

READY = b"stroem-agent: ready\n"
BEGINS = b"stroem-agent: begins\n"
COMMAND = ("/bin/sh", "-c", f"echo '{READY.decode().strip()}'; exec /bin/sh")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_SHELLS = re.compile(
    r"_|PWD|OLDPWD|SHLVL|IFS|OPTIND|E?[UG]ID|P?PID|GROUPS|S?RANDOM|SECONDS|LINENO|SHELLOPTS|BASH.*|EPOCH.*|"
    r"FUNCNAME|DIRSTACK|HISTCMD|KSH_VERSION"
)
"""Variables that a shell does not pass on as it gets them."""


def can_say(words: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether a shell can begin the command with exactly these variables."""
    if not words or not words[0] or words[0].startswith("-"):
        return False
    return all(_NAME.fullmatch(name) and not _OF_SHELLS.fullmatch(name) for name in env)


def message(words: Sequence[str], env: Mapping[str, str], workdir: PurePosixPath | None) -> bytes:
    """The one command that turns the agent into the step. A part of it does nothing: braces are read to their end."""
    lines = [f"echo {quote(BEGINS.decode().strip())}"]
    if workdir is not None:
        lines.append(f"cd {quote(str(workdir))} || exit 126")
    if env:
        lines.append(f"export {' '.join(f'{name}={quote(value)}' for name, value in env.items())} 2>/dev/null")
    lines.append("unset PWD OLDPWD SHLVL _")
    lines.append(f"exec {' '.join(map(quote, words))} </dev/null")
    return os.fsencode("\n".join(["{", *lines, "}", ""]))
