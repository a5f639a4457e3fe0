"""Languages of scripts, as abilities of workers."""

import pytest

from stroem.definitions.action import Action
from stroem.definitions.languages import language_ability, languages_in, with_languages, without_languages


@pytest.mark.parametrize(
    ("fields", "ability"),
    [
        ({"language": "go"}, "lang:go"),
        ({"language": "python"}, "lang:python"),
        ({"language": "python", "dependencies": ("rich",)}, "lang:python"),
        ({"language": "shell"}, None),
        ({}, None),
        ({"language": "go", "interpreter": "yaegi"}, None),
        ({"language": "go", "env": {"PATH": "/opt/go/bin"}}, None),
    ],
)
def test_what_a_script_needs(fields: dict[str, object], ability: str | None) -> None:
    assert language_ability(Action(type="script", script="x", **fields)) == ability  # type: ignore[arg-type]


def test_a_worker_that_does_not_tell_its_languages_has_all() -> None:
    older = with_languages(("script",), None)
    assert older == ("script", "lang:python", "lang:javascript", "lang:typescript", "lang:go")
    assert without_languages(older) == ("script",)
    assert with_languages(("script",), ("go", "cobol")) == ("script", "lang:go")
    assert with_languages(("docker",), None) == ("docker",)
    assert languages_in(with_languages(("script",), ())) == ()
