"""The end of a step whose container needed too much memory."""

KILLED = 137
"""The exit code after SIGKILL."""


def out_of_memory(limit: str | None, otherwise: str) -> bytes:
    """The last line of such a step on stderr; `otherwise` is what it shared without a limit of its own."""
    allowed = f"its limit of {limit}" if limit else otherwise
    return f"A process of the step was killed because the step needed more memory than {allowed}.\n".encode()


def perhaps_out_of_memory(limit: str) -> bytes:
    """The last line of a step that was killed under a memory limit, and nobody says why.

    containerd loses the event that tells of used up memory now and then: https://github.com/containerd/containerd/issues/8893
    """
    return (
        "The step was killed by SIGKILL, and the engine does not say why: "
        f"most often a process needed more memory than its limit of {limit}.\n"
    ).encode()
