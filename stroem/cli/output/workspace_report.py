"""Status of a workspace as text."""

from collections.abc import Iterable
from typing import Any

import click

from stroem.cli.output.output import coloured, counted, echo, one_line, print_table, shown_time

Facts = Iterable[tuple[str, str | None]]

_COUNTED = ("task", "action", "trigger", "connection")


def ready(workspace: dict[str, Any]) -> dict[str, Any]:
    """Condition Ready of a workspace."""
    return next(condition for condition in workspace["conditions"] if condition["type"] == "Ready")


def is_ready(workspace: dict[str, Any]) -> bool:
    """True if the current release is the one that its source asks for."""
    return bool(ready(workspace)["status"])


def print_state(workspace: dict[str, Any]) -> None:
    """Prints condition Ready, errors and the number of warnings."""
    condition = ready(workspace)
    state = "" if condition["status"] else f" is {_state(condition)}"
    name = click.style(one_line(workspace["name"]), bold=True)
    echo(f"{name}{state}: {one_line(condition['message'])}")
    _print_waiting(workspace)
    print_mistakes(workspace, counts_warnings=True)


def print_workspace(workspace: dict[str, Any]) -> None:
    """Prints all fields of a workspace; `current` is its current release."""
    echo(f"{click.style(one_line(workspace['name']), bold=True)}  {_state(ready(workspace))}")
    print_facts(_facts(workspace))
    echo()
    _print_conditions(workspace["conditions"])
    print_libraries(workspace.get("libraries") or ())
    print_held(workspace.get("held") or ())
    if drift := workspace.get("drift"):
        echo(f"\nSet against git (drop it: stroem workspace drift {one_line(workspace['name'])} --drop)")
        print_drift(drift)
    if any(workspace.get(key) for key in ("waiting", "error", "problems", "warnings")):
        echo()
    _print_waiting(workspace)
    error = workspace.get("error")
    if error and error != ready(workspace)["message"]:
        echo(f"{coloured('error')}: {one_line(error)}")
    print_mistakes(workspace)


def print_facts(facts: Facts) -> None:
    """Prints a line for each fact that has a text."""
    for label, text in facts:
        if text:
            echo(f"  {label:10} {one_line(text)}")


def release_facts(release: dict[str, Any]) -> Facts:
    """Number, revision, commit and contents of a release."""
    yield "release", f"{release['number']}, made {shown_time(release['created_at'])} by {maker(release)}"
    yield "revision", release["revision"]
    if commit := release.get("commit"):
        yield "commit", title(commit)
        yield "author", f"{commit['author']}, {shown_time(commit['at'])}"
    yield "holds", ", ".join(counted(release[f"{one}s_count"], one) for one in _COUNTED)


def maker(release: dict[str, Any]) -> str:
    """Author and cause of a release: `ada (person)`, `poll`, `ada (rollback to 41)`."""
    cause, number = release["cause"], release.get("rollback_of")
    why = f"rollback to {number}" if number else cause
    return f"{release['made_by']} ({why})" if release.get("made_by") else str(why)


def title(commit: dict[str, Any] | None) -> str:
    """First line of a commit's message; empty without one."""
    return str(commit["message"]).strip().partition("\n")[0] if commit else ""


def print_libraries(libraries: Iterable[dict[str, Any]]) -> None:
    """Prints the libraries of a release, below an empty line."""
    _print_section(
        ("LIBRARY", "REVISION", "REF", "FLOATS", "ORIGIN"),
        [
            (
                library["name"],
                library["revision"][:12],
                library.get("ref") or "-",
                "yes" if library["floats"] else "no",
                library["origin"],
            )
            for library in libraries
        ],
    )


def print_held(held: Iterable[dict[str, Any]]) -> None:
    """Prints the definitions held back at an older release, each with the reason."""
    _print_section(("HELD", "NAME", "RUNS AS OF", "REJECTED BECAUSE"), [_held(one) for one in held])


def print_drift(overrides: Iterable[dict[str, Any]]) -> None:
    """Prints the overrides of a workspace with author and time."""
    print_table(
        ("SET", "BY", "AT", "REASON"),
        [(_override(one), one["by"], shown_time(one["at"]), one.get("reason") or "-") for one in overrides],
    )


def print_mistakes(status: dict[str, Any], *, counts_warnings: bool = False) -> None:
    """Prints problems of a workspace or library, and warnings that are not among them.

    `counts_warnings`: prints only the number of problems with severity warning.
    """
    from stroem.cli.output.problems import print_problems  # YAML and all: not for --help
    from stroem.records.problem import Problem, describe

    problems = [Problem(**problem) for problem in status.get("problems") or ()]
    shown = [problem for problem in problems if not counts_warnings or problem.severity == "error"]
    print_problems(shown)
    if left_out := len(problems) - len(shown):
        echo(f"{counted(left_out, 'warning')}. See: stroem workspace show {one_line(status['name'])}")
    described = {describe(problem) for problem in problems}
    for warning in status.get("warnings") or ():
        if warning not in described:
            echo(f"{coloured('warning')}: {one_line(warning)}")


def _print_section(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if rows:
        echo()
        print_table(heads, rows)


def _print_waiting(workspace: dict[str, Any]) -> None:
    if waiting := workspace.get("waiting"):
        until = f" It goes on by itself at {shown_time(waiting['until'])}." if waiting.get("until") else ""
        echo(f"{coloured('waiting', 'warning')}: {one_line(waiting['message'])}{until}")
        echo(f"  Look at it and approve it: stroem workspace approve {one_line(workspace['name'])}")


def _print_conditions(conditions: Iterable[dict[str, Any]]) -> None:
    print_table(
        ("CONDITION", "STATUS", "SINCE", "REASON", "MESSAGE"),
        [
            (
                condition["type"],
                "yes" if condition["status"] else "no",
                shown_time(condition["since"]),
                condition["reason"],
                condition["message"] or "-",
            )
            for condition in conditions
        ],
    )


def _facts(workspace: dict[str, Any]) -> Facts:
    yield "source", workspace["origin"] + (f" at {workspace['ref']}" if workspace["ref"] else "")
    if current := workspace["current"]:
        yield from release_facts(current)
    else:
        yield "release", "none yet"
    seen = workspace["observed_revision"]
    if seen is not None and seen != workspace["revision"]:
        yield "seen", f"{seen}, {title(workspace.get('commit'))}".rstrip(", ")
    looked = f"last {shown_time(workspace['checked_at'])}, next {shown_time(workspace['next_at'])}"
    failures = workspace["failures"]
    yield "checked", looked + (f", {counted(failures, 'failure')} in a row" if failures else "")


def _held(held: dict[str, Any]) -> tuple[str, ...]:
    number = held.get("number")
    runs = f"release {number} ({str(held.get('revision') or '')[:12]})" if number else "never good, so nothing"
    return held["kind"].replace("_", " "), held["name"], runs, held["reason"]


def _override(override: dict[str, Any]) -> str:
    if override["kind"] == "suspended":
        return "suspended"
    if override["kind"] == "trigger_paused":
        return f"trigger {override['name']} paused"
    release = override.get("release")
    return f"rolled back to release {release}" if release else f"pinned to {override.get('ref')}"


def _state(condition: dict[str, Any]) -> str:
    word, like = ("ready", "active") if condition["status"] else ("not ready", "failed")
    return f"{coloured(word, like)} ({one_line(condition['reason'])})"
