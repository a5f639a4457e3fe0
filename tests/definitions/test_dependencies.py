"""Packages of scripts, and which are refused."""

import pytest

from stroem.definitions.action import Action
from stroem.definitions.dependencies import refused_dependencies


def refused(*dependencies: str, **fields: object) -> str:
    action = Action(type="script", dependencies=dependencies, **{"language": "javascript", **fields})  # type: ignore[arg-type]
    return str(refused_dependencies(action) or "")


@pytest.mark.parametrize(
    "name",
    [
        "left-pad",
        "@scope/name",
        "@scope/name@^1.2",
        "name@1.0.0",
        "name@>=1 <2",
        "x@latest",
        "x@~1.2.3-rc.1",
        "JSONStream",
    ],
)
def test_packages_of_a_registry(name: str) -> None:
    assert refused(name) == ""
    assert refused(name, language="typescript") == ""


@pytest.mark.parametrize(
    "name",
    [
        *("", "--registry=http://x", "-g", "name@-x", "a b", "name --save", " name"),
        *("./own", "../own", "/own", "~/own", "own.tgz", "own@1.tgz", "own.tar.gz", "name@./own", "name@file:own"),
        *("https://example.org/x.tgz", "name@https://example.org/x", "git+ssh://git@example.org/x", "git@host:x.git"),
        *("user/repository", "name@user/repository", "github:user/x", "name@npm:other@1", "@scope", "name@", "a\nb"),
        *("name@$(id)", "name;id", "name|id"),
    ],
)
def test_all_else_is_refused(name: str) -> None:
    assert "is not a package of a registry: write name and version" in refused("left-pad", name)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"language": "go"}, "go.mod"),
        ({"language": "shell"}, "not in shell: set `language`"),
        ({"language": None}, "not in shell: set `language`"),
        ({"source": "a.js"}, "for inline scripts only"),
        ({"interpreter": "/opt/deno"}, "npm:NAME"),
        ({"language": "python", "source": "a.py"}, ""),
    ],
)
def test_scripts_without_installers_of_packages(fields: dict[str, object], told: str) -> None:
    assert told in refused("left-pad", **fields)
    assert bool(refused("left-pad", **fields)) == bool(told)
    assert refused(**fields) == ""
