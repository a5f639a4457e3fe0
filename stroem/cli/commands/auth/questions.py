"""`stroem auth can-i` and `stroem auth explain`."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output import exit_codes
from stroem.cli.output.output import echo, one_line, print_json
from stroem.cli.program.options import Address, json_output, remote

C = TypeVar("C", bound=Callable[..., Any])


def _question(callback: C) -> C:
    """Adds the arguments and the option of a question."""
    callback = click.option("--as", "other", metavar="USER", help="Ask for somebody else.")(callback)
    callback = click.argument("place", metavar="[OBJECT]", required=False)(callback)
    return click.argument("verb", metavar="VERB")(callback)


@click.command("can-i")
@_question
@remote
@json_output
@click.pass_context
def can_i(
    context: click.Context, address: Address, verb: str, place: str | None, other: str | None, as_json: bool
) -> None:
    """Ask whether you may do something; the exit code of `no` is 1.

    OBJECT is WORKSPACE, WORKSPACE/TASK or WORKSPACE/FOLDER/TASK; without it, the server is meant. What does not
    exist, and what approvals ask for beside the right, is told on stderr.

    \b
    Example:
      stroem auth can-i job.run main/deploy
    """
    answer = _ask(address, verb, place, other)
    if as_json:
        print_json(answer)
    else:
        echo("yes" if answer["is_allowed"] else "no")
        for line in [*([] if answer["is_visible"] else [_sentence(answer["reason"])]), *_remarks(answer)]:
            echo(line, err=True)
    if not answer["is_allowed"]:
        context.exit(exit_codes.FAILED)


@click.command("explain")
@_question
@remote
@json_output
def explain(address: Address, verb: str, place: str | None, other: str | None, as_json: bool) -> None:
    """Tell which rule allows or denies something.

    OBJECT is WORKSPACE, WORKSPACE/TASK or WORKSPACE/FOLDER/TASK; without it, the server is meant.

    \b
    Example:
      stroem auth explain workspace.rollback main
    """
    answer = _ask(address, verb, place, other)
    if as_json:
        print_json(answer)
        return
    echo(f"{'Allowed' if answer['is_allowed'] else 'Not allowed'}: {answer['reason']}")
    for line in _remarks(answer):
        echo(line)
    if not answer["is_allowed"]:
        echo("It is visible." if answer["is_visible"] else "It is not visible: requests are answered with 404.")


def _remarks(answer: dict[str, Any]) -> Iterator[str]:
    """Remarks on an answer: a place that does not exist, and conditions of approvals beside the right."""
    if missing := answer.get("missing"):
        yield _sentence(missing)
    for condition in answer["conditions"]:
        yield f"Beside the right, {one_line(condition)}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _ask(address: Address, verb: str, place: str | None, other: str | None) -> dict[str, Any]:
    workspace, _, task = (place or "").partition("/")
    named = {"workspace": workspace, "task": task, "as": other}
    query = {name: value for name, value in named.items() if value}
    answer: dict[str, Any] = run_with_client(address, lambda client: client.get("auth", "can-i", verb=verb, **query))
    return answer
