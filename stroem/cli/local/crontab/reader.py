"""Lines of a crontab."""

import re
from collections.abc import Mapping

import attrs

from stroem.definitions.zone import is_zone
from stroem.schedules.cron import ALIASES, cron_fault
from stroem.schedules.fields import is_any

_VARIABLE = re.compile(r"""\s*(?P<name>[A-Za-z_]\w*|"[^"]+"|'[^']+')\s*=\s*(?P<value>.*?)\s*""", re.ASCII)
_PERCENT = re.compile(r"(?<!\\)%")
_TIME_FIELDS = 5
_NO_EFFECT: Mapping[str, str] = {
    "MAILTO": "Strøm sends no mail of what a job prints: the log has it, and a hook (`on_error:`) tells of failures",
    "MAILFROM": "Strøm sends no mail",
    "SHELL": "scripts run with /bin/sh; set `interpreter:` on steps that need another shell",
    "START_HOURS_RANGE": "anacron's hours are not imported; write them into `cron:`",
}


@attrs.frozen(kw_only=True)
class Entry:
    """A command with its times. `line` is the number of its line; `stdin` the text that the command reads."""

    line: int
    cron: str
    command: str
    stdin: str | None = None
    comment: str | None = None
    env: Mapping[str, str] = attrs.Factory(dict)
    timezone: str
    jitter_secs: int | None = None


@attrs.frozen(kw_only=True)
class Remark:
    """A remark on a line. With `is_left_out` there is no trigger for the line."""

    line: int
    text: str
    is_left_out: bool = False


@attrs.define(kw_only=True)
class CrontabReader:
    """Reads a crontab line by line: entries, and remarks.

    With `has_users`, a user stands before each command. `zone` is that of the entries before any CRON_TZ.
    """

    zone: str
    has_users: bool = False
    entries: list[Entry] = attrs.Factory(list)
    remarks: list[Remark] = attrs.Factory(list)
    _env: dict[str, str] = attrs.Factory(dict)
    _timezone: str = attrs.field(init=False, default=attrs.Factory(lambda self: self.zone, takes_self=True))
    _jitter_secs: int | None = None
    _comment: list[str] = attrs.Factory(list)
    _line: int = 0

    def read(self, text: str) -> None:
        """Reads a whole crontab."""
        for self._line, line in enumerate(text.splitlines(), 1):
            stripped = line.strip()
            if stripped.startswith("#"):
                self._comment.append(stripped.lstrip("# \t"))
                continue
            if stripped:
                self._read_line(stripped)
            self._comment = []

    def _read_line(self, line: str) -> None:
        variable = _VARIABLE.fullmatch(line)
        if variable is not None:
            self._read_variable(_unquoted(variable["name"]), _unquoted(variable["value"]))
            return
        fields = line.split(None, 1 if line.startswith("@") else _TIME_FIELDS)
        times, rest = fields[: 1 if line.startswith("@") else _TIME_FIELDS], fields[-1]
        if len(fields) == len(times):
            self._leave_out("there is no command after the times")
            return
        command = self._without_user(rest)
        cron = self._cron(times)
        if command and cron:
            self._add(cron, command)

    def _read_variable(self, name: str, value: str) -> None:
        """CRON_TZ and RANDOM_DELAY concern the entries after them; others are variables of their commands."""
        if name == "CRON_TZ":
            self._timezone = value if value and is_zone(value) else self.zone
            if value and not is_zone(value):
                self._remark(f"there is no time zone {value!r}: the times are those of {self.zone}")
        elif name == "RANDOM_DELAY":
            minutes = int(value) if value.isascii() and value.isdigit() else 0
            self._jitter_secs = minutes * 60 or None
        elif name in _NO_EFFECT:
            if value:
                self._remark(f"{name} has no effect: {_NO_EFFECT[name]}")
        else:
            self._env[name] = value

    def _without_user(self, rest: str) -> str | None:
        if not self.has_users:
            return rest
        user, *command = rest.split(None, 1)
        if not command:
            self._leave_out(f"there is no command after the user {user!r}")
            return None
        self._remark(f"the user {user!r} is not imported: steps run as the user of their worker")
        return command[0]

    def _cron(self, times: list[str]) -> str | None:
        """The expression; None for a line that cannot be a trigger."""
        text = " ".join(times)
        if text.startswith("@"):
            if text == "@reboot":
                self._leave_out("@reboot is no time: start it with systemd, or with the worker")
            elif text not in ALIASES:
                self._leave_out(f"there is no {text!r}; one of {', '.join(ALIASES)}")
            return text if text in ALIASES else None
        if "~" in text:
            self._leave_out("random times (`~`) are not imported: write a time, and `jitter:` beside it")
            return None
        fault = cron_fault(text)
        if fault is not None:
            self._leave_out(f"{fault.message}; {fault.hint}")
            return None
        return _as_cron_means(times)

    def _add(self, cron: str, command: str) -> None:
        script, *stdin = (part.replace("\\%", "%") for part in _PERCENT.split(command))
        self.entries.append(
            Entry(
                line=self._line,
                cron=cron,
                command=script.strip(),
                stdin="\n".join(stdin) if stdin else None,
                comment=" ".join(self._comment) or None,
                env=dict(self._env),
                timezone=self._timezone,
                jitter_secs=self._jitter_secs,
            )
        )

    def _remark(self, text: str) -> None:
        self.remarks.append(Remark(line=self._line, text=text))

    def _leave_out(self, text: str) -> None:
        self.remarks.append(Remark(line=self._line, text=text, is_left_out=True))


def _as_cron_means(times: list[str]) -> str:
    """The expression: cron asks for both day fields if one of them begins with a star, Strøm for either."""
    minute, hour, date, month, weekday = times
    if not (is_any(date) or is_any(weekday)) and (date.startswith("*") or weekday.startswith("*")):
        weekday = f"+{weekday}"
    return " ".join((minute, hour, date, month, weekday))


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
