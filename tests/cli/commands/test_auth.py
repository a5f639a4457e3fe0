"""`stroem auth` against a Strøm that is up, which has no sign-in."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result

pytestmark = pytest.mark.xdist_group("up")

Run = Callable[..., Result]


def test_everything_is_allowed_without_sign_in(stroem: Run) -> None:
    assert stroem("auth", "can-i", "job.run").stdout == "yes\n"
    done = stroem("auth", "explain", "job.run", "default/hello")
    assert done.stdout == "Allowed: without sign-in everybody may do everything\n"
    assert json.loads(stroem("auth", "can-i", "job.run", "default", "--json").stdout)["is_visible"]


def test_an_unknown_verb_is_refused(stroem: Run) -> None:
    done = stroem("auth", "can-i", "job.rum")
    assert done.exit_code != 0
    assert "did you mean 'job.run'?" in done.stderr


def test_what_does_not_exist_is_told(stroem: Run) -> None:
    done = stroem("auth", "can-i", "job.run", "default/nowhere/hello")
    assert (done.stdout, done.stderr) == ("yes\n", "Workspace 'default' has no task 'nowhere/hello'.\n")
    explained = stroem("auth", "explain", "job.run", "gone/hello").stdout
    assert explained.splitlines()[1:] == ["There is no workspace 'gone'."]
