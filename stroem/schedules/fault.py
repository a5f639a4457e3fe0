"""Fault of a cron expression."""


class CronFault(ValueError):
    """The text is no cron expression, or one that never comes. `hint` tells what is expected."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
