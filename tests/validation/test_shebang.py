"""Scripts whose first line names a program."""

import pytest

from tests.validation.conftest import Check


@pytest.mark.parametrize(
    ("first", "keys", "hint"),
    [
        ("#!/usr/bin/env python3", "", "write `language: python`"),
        ("#! /usr/bin/python3 -u", "", "write `language: python`"),
        ("#!/usr/bin/env -S node --no-warnings", "", "write `language: javascript`"),
        ("#!/usr/bin/perl", "", "write `interpreter: /usr/bin/perl`"),
        ("#!/usr/bin/env ruby", "", "write `interpreter: ruby`"),
        ("#!/bin/sh -eu", "", "write `set -eu` in the script"),
        ("#!/usr/bin/env bash", "", "write `interpreter: bash`"),
        ("#!/bin/sh", "language: python, ", "write `language: shell`"),
        ("#!/bin/zsh", "interpreter: bash, ", "write `interpreter: /bin/zsh`"),
        ("#!/usr/bin/python3 -u", "language: python, ", "leave out the options"),
    ],
)
def test_a_first_line_that_has_no_effect_is_told(first: str, keys: str, hint: str, problems_shown: Check) -> None:
    (problem,) = problems_shown(f'actions:\n  a:\n    {{type: script, {keys}script: "{first}\\nx"}}\n')
    assert (problem.code, problem.severity, problem.hint, problem.line) == ("no-effect", "warning", hint, 3)
    assert first in problem.message


@pytest.mark.parametrize(
    ("first", "keys"),
    [
        ("#!/bin/sh", ""),
        ("#!/usr/bin/env bash", "interpreter: bash, "),
        ("#!/usr/bin/env python3", "language: python, "),
        ("#!/usr/bin/zsh", "interpreter: zsh, "),
        ("# !/usr/bin/perl", ""),
        ("echo", ""),
    ],
)
def test_a_first_line_that_is_true_is_no_mistake(first: str, keys: str, problems_shown: Check) -> None:
    assert problems_shown(f'actions: {{a: {{type: script, {keys}script: "{first}\\nx"}}}}') == ()


def test_the_place_is_that_of_the_line(problems_shown: Check) -> None:
    script = "        cmd: |\n          #!/usr/bin/perl\n          x\n"
    text = f"tasks:\n  t:\n    flow:\n      a:\n        type: shell\n{script}"
    (problem,) = problems_shown(text)
    assert (problem.line, problem.column, problem.path) == (7, 11, "tasks.t.flow.a.cmd")
