"""Reads the samples of a process: where the time goes."""

import json
import re
from collections import Counter
from pathlib import Path

_TOP = 22
_OURS = re.compile(r"/(stroem(?:_\w+)?/.*)")
_LIBRARY = re.compile(r"/(?:site-packages|python3\.\d+)/(?!site-packages)(.*)")


def report(file: Path) -> str:
    """The functions that take most by themselves, and ours that take most with all that they call, in percent."""
    stacks = [(count, tuple(_short(entry) for entry in stack)) for count, stack in json.loads(file.read_text())]
    total = sum(count for count, _ in stacks) or 1
    alone: Counter[str] = Counter()
    packages: Counter[str] = Counter()
    nearest: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for count, stack in stacks:
        alone[stack[0]] += count
        packages[_package(stack[0])] += count
        ours = [entry for entry in stack if entry.startswith("stroem")]
        nearest[ours[0] if ours else "(none of ours on the stack)"] += count
        for entry in set(ours):
            within[entry] += count
    parts = (
        ("by package", packages, _TOP // 2),
        ("alone", alone, _TOP),
        ("ours, with what it calls of libraries", nearest, _TOP),
        ("ours, with all it calls", within, _TOP * 2),
    )
    return "\n".join(f"  {title} ({total} samples)\n{_lines(counts, total, top)}" for title, counts, top in parts)


def _lines(counts: Counter[str], total: int, top: int) -> str:
    return "\n".join(f"  {count / total:6.1%}  {entry}" for entry, count in counts.most_common(top))


def _short(entry: str) -> str:
    path, line, name = entry.split(":", 2)
    found = None if "site-packages" in path else _OURS.search(path)
    found = found or _LIBRARY.search(path)
    return f"{found[1] if found else path}:{line} {name}"


def _package(entry: str) -> str:
    return entry.split(":")[0].split("/")[0]
