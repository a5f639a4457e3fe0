"""The end of a step whose container needed too much memory."""


def out_of_memory(limit: str | None, otherwise: str) -> bytes:
    """The last line of such a step on stderr; `otherwise` is what it shared without a limit of its own."""
    allowed = f"its limit of {limit}" if limit else otherwise
    return f"A process of the step was killed because the step needed more memory than {allowed}.\n".encode()
