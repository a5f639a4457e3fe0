"""Exit codes as text."""

import signal

SHELL_BASE = 128
"""The number that a shell adds to that of a signal, for the exit code of a program that it ended."""

HINTS = {
    signal.SIGKILL: "often the system, for lack of memory",
    signal.SIGSEGV: "the program used memory that is not its own",
    signal.SIGABRT: "the program gave up by itself",
    signal.SIGXCPU: "the limit of processor time was reached",
    signal.SIGXFSZ: "the limit of a file's size was reached",
    signal.SIGPIPE: "the reader of its output was gone",
}


def exit_text(code: int) -> str:
    """An exit code, and the signal that it stands for: `-11 (SIGSEGV: the program used …)`."""
    number = -code if code < 0 else code - SHELL_BASE
    if not 0 < number <= signal.SIGRTMAX:
        return str(code)
    hint = f": {HINTS[number]}" if number in HINTS else ""  # type: ignore[index]
    said = "" if code < 0 else "as a shell reports "
    return f"{code} ({said}{_name(number)}{hint})"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
