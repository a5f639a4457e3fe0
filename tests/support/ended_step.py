"""Result of a step that a runner has run to its end, without a worker."""

from typing import Self

import attrs

from stroem.testing.collected_output import CollectedOutput


@attrs.frozen(kw_only=True)
class EndedStep:
    """The exit code and the output of a step."""

    exit_code: int
    stdout: str
    stderr: str
    notes: list[str]

    @classmethod
    def of(cls, exit_code: int, output: CollectedOutput) -> Self:
        """The step with this output, which is text."""
        stdout, stderr = (bytes(output.data[name]).decode() for name in ("stdout", "stderr"))
        return cls(exit_code=exit_code, stdout=stdout, stderr=stderr, notes=output.notes)
