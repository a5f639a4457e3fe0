"""Workflow files with a task and a trigger for each entry of a crontab."""

import json
import re
from collections.abc import Sequence

from stroem.cli.local.crontab.reader import Entry
from stroem.cli.local.crontab.task_names import task_names

_TEMPLATE = re.compile(r"\{[{%#]")


def workflow_text(entries: Sequence[Entry], title: str) -> str:
    """The YAML of a workflow file. `title` names the crontab."""
    names = task_names(entry.command for entry in entries)
    lines = ["tasks:"]
    for name, entry in zip(names, entries, strict=True):
        lines += _task(name, entry, title)
    lines += ["", "triggers:"]
    for name, entry in zip(names, entries, strict=True):
        lines += _trigger(name, entry)
    return "\n".join(lines) + "\n"


def _task(name: str, entry: Entry, title: str) -> list[str]:
    description = f"{entry.comment} ({title}, line {entry.line})" if entry.comment else f"{title}, line {entry.line}"
    lines = [
        f"  {name}:",
        f"    description: {_quoted(description)}",
        "    flow:",
        "      run:",
        "        type: script",
    ]
    if entry.env:
        lines.append("        env:")
        lines += [f"          {_key(key)}: {_quoted(_literal(value))}" for key, value in entry.env.items()]
    script = _script(entry)
    if script.replace("\n", "").isprintable():
        return [*lines, "        script: |", *(f"          {line}" for line in script.split("\n"))]
    return [*lines, f"        script: {_quoted(script)}"]


def _script(entry: Entry) -> str:
    command = _literal(entry.command)
    if entry.stdin is None:
        return command
    end = "END"
    while end in entry.stdin.split("\n"):
        end += "_"
    return f"({command}) <<'{end}'\n{_literal(entry.stdin)}\n{end}"


def _trigger(name: str, entry: Entry) -> list[str]:
    lines = [f"  {name}:", "    type: scheduler", f"    cron: {_quoted(entry.cron)}"]
    if entry.timezone != "UTC":
        lines.append(f"    timezone: {entry.timezone}")
    if entry.jitter_secs:
        lines.append(f"    jitter: {entry.jitter_secs}s")
    return [*lines, f"    task: {name}"]


def _literal(text: str) -> str:
    """The text, without anything that a template would replace."""
    return _TEMPLATE.sub(lambda found: f"{{{{ '{found[0]}' }}}}", text)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else _quoted(name)


def _quoted(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in written)
