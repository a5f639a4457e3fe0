"""Greets instead of running anything."""

from typing import ClassVar

import attrs

from stroem.interfaces.runner import OutputWriter, StepOrder


@attrs.frozen(kw_only=True)
class Manner:
    """What an action may say under `options`."""

    loud: bool = False


@attrs.frozen(kw_only=True)
class GreeterRunner:
    """Prints a greeting. The operator chooses the word."""

    name: ClassVar[str] = "greeter"
    ability: ClassVar[str] = "greeting"
    Options: ClassVar[type | None] = Manner

    word: str = "Hello"

    async def run(self, order: StepOrder, output: OutputWriter) -> int:
        """Prints the greeting, and sets it as the step's output."""
        assert isinstance(order.options, Manner)
        greeting = f"{self.word}, {order.action.script}!"
        if order.options.loud:
            greeting = greeting.upper()
        await output.write("stdout", f'OUTPUT: {{"greeting": "{greeting}"}}\n'.encode())
        return 0
