"""Plugins are found, broken ones harm nobody, and two do not share a name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stroem import errors
from stroem.registry.registry import Registry, load_plugins


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a distribution with one plugin, named like its module, where Python finds it."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(module: str, code: str, *, entry: str | None = None) -> None:
        (tmp_path / f"{module}.py").write_text(f"from stroem.hookspecs import hookimpl\n{code}")
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: dist-{module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[stroem]\n{entry or module} = {module}\n")

    return install


RUNNER = """
class One:
    name = {name!r}
    ability = "one"
    Options = None
    async def run(self, order, output): return 0

@hookimpl
def stroem_runners():
    return [One]
"""


def error_of(registry: Registry, name: str) -> str | None:
    [plugin] = [plugin for plugin in registry.plugins if plugin.name == name]
    return plugin.error


def test_the_built_ins_are_plugins_like_others() -> None:
    registry = load_plugins()
    assert {"local"} <= set(registry.runners)
    assert {"folder"} <= set(registry.sources)
    assert registry.runner("local").ability == "script"
    distributions = {plugin.name: plugin.distribution for plugin in registry.plugins}
    assert distributions["shell"] == "stroem-shell"
    assert distributions["folder"] == "stroem-folder"


def test_the_built_in_kinds_of_steps_come_through_their_hook() -> None:
    kinds = load_plugins().step_kinds
    assert set(kinds) == {"approval", "assign", "signal", "wait"}
    assert {name: kind.name for name, kind in kinds.items()} == {name: name for name in kinds}


KIND = """
class Tide:
    name = {name!r}
    def begin(self, input): ...
    def resume(self, input, answer): ...
    def expire(self, input): ...

@hookimpl
def stroem_step_kinds(): return [Tide]
"""


def test_a_plugin_may_not_take_the_name_of_a_built_in_kind(install: Callable[..., None]) -> None:
    install("kind_a", KIND.format(name="wait"))
    with pytest.raises(errors.PluginConflict, match="'wait' is claimed by two plugins: stroem and dist-kind_a"):
        load_plugins().check()


def test_a_plugin_may_not_take_the_name_of_a_kind_of_the_engine(install: Callable[..., None]) -> None:
    install("kind_b", KIND.format(name="loop"))
    assert (
        error_of(load_plugins(), "kind_b")
        == "stroem_step_kinds hands over Tide, which has the name of a kind of the engine"
    )


DIALECT = """
class Other:
    name = {name!r}
    endings = {endings!r}
    def parse(self, path, data): ...
    def compile(self, name, task, definitions): ...

@hookimpl
def stroem_dialects(): return [Other]
"""


@pytest.mark.parametrize(
    ("name", "ending", "claimed"), [("yaml", ".x", "dialect 'yaml'"), ("other", ".yml", "ending of files '.yml'")]
)
def test_a_plugin_may_not_take_the_name_or_the_files_of_a_dialect(
    install: Callable[..., None], name: str, ending: str, claimed: str
) -> None:
    install(f"dialect_{name}", DIALECT.format(name=name, endings=(ending,)))
    with pytest.raises(errors.PluginConflict, match=f"{claimed} is claimed by two plugins: stroem and dist-dialect"):
        load_plugins().check()


def test_a_dialect_needs_endings(install: Callable[..., None]) -> None:
    install("dialect_c", DIALECT.format(name="c", endings=("yaml",)))
    error = error_of(load_plugins(), "dialect_c")
    assert error == "stroem_dialects hands over Other, which has no tuple of `endings` with a dot"


TRIGGER_TYPE = """
import datetime
from typing import ClassVar
import attrs
from stroem.interfaces.triggers.time_trigger import TimeTrigger
from stroem.interfaces.triggers.trigger_type import TriggerType

{decorator}
class Tide({base}):
    name: ClassVar[str] = {name!r}
    {field}

@hookimpl
def stroem_trigger_types(): return [Tide]
"""
FROZEN = "@attrs.frozen(kw_only=True)"


def trigger_type(
    *, base: str = "TimeTrigger", name: str | None = "tide", field: str = "harbour: str", decorator: str = FROZEN
) -> str:
    """The code of a plugin with a type of triggers."""
    return TRIGGER_TYPE.format(base=base, name=name, field=field, decorator=decorator)


def test_types_of_triggers_of_plugins_stand_beside_those_that_come_with_stroem(install: Callable[..., None]) -> None:
    install("tide_a", trigger_type())
    registry = load_plugins()
    assert error_of(registry, "tide_a") is None
    standard = {"scheduler", "webhook", "event_source", "job_outcome", "files"}
    assert set(registry.trigger_types) == {*standard, "tide"}
    file = registry.dialects.parse("a.yaml", b"triggers: {high: {type: tide, task: t, harbour: Oslo}}")
    assert file.definitions is not None
    assert file.definitions.triggers["high"].options.harbour == "Oslo"


@pytest.mark.parametrize(
    ("module", "code", "problem"),
    [
        (
            "tide_b",
            trigger_type(base="TriggerType"),
            "is of no form: TimeTrigger, HttpTrigger, StreamTrigger, Con",
        ),
        ("tide_c", trigger_type(base="object"), "has no method `faults`"),
        ("tide_d", trigger_type(name=None), "has no text `name`"),
        ("tide_e", trigger_type(decorator=""), "is no attrs class"),
        ("tide_f", trigger_type(field="enabled: bool = True"), "has the field 'enabled', a key of all triggers"),
        ("tide_g", trigger_type(field="if_: str = ''"), "has the field 'if', a key of all triggers"),
        ("tide_h", trigger_type(field="at: datetime.datetime"), "has a field whose type YAML cannot give"),
        ("tide_i", trigger_type().replace("[Tide]", "[Tide(harbour='x')]"), "is not a class"),
        ("tide_j", trigger_type().replace("[Tide]", "1 / 0"), "stroem_trigger_types failed: ZeroDivisionError"),
    ],
)
def test_a_type_of_triggers_that_cannot_be_used_is_a_fault_of_its_plugin(
    install: Callable[..., None], module: str, code: str, problem: str
) -> None:
    install(module, code)
    registry = load_plugins()
    assert problem in str(error_of(registry, module))
    assert "scheduler" in registry.trigger_types
    assert "tide" not in registry.trigger_types


def test_two_plugins_may_not_bring_one_type_of_triggers(install: Callable[..., None]) -> None:
    for module in ("tide_k", "tide_l"):
        install(module, trigger_type())
    with pytest.raises(errors.PluginConflict, match="type of trigger 'tide' is claimed by two plugins: dist-tide_k"):
        load_plugins().check()


def test_an_unknown_name_says_what_is_known(install: Callable[..., None]) -> None:
    install("extra_a", RUNNER.format(name="extra"))
    with pytest.raises(errors.NotFound, match=r"Runner 'locl' not found\. Loaded: docker, extra, local, pod"):
        load_plugins().runner("locl")


def test_two_runners_may_not_have_one_name(install: Callable[..., None]) -> None:
    install("extra_b", RUNNER.format(name="local"))
    with pytest.raises(errors.PluginConflict, match="runner 'local' is claimed by two plugins: dist-extra_b and"):
        _ = load_plugins().runners


@pytest.mark.parametrize(
    ("hook", "kind", "base"),
    [
        ("stroem_sources", "source", "stroem_folder"),
        ("stroem_push_hooks", "push hook", "stroem_plain_push"),
        ("stroem_trigger_types", "type of trigger", "stroem_cron"),
    ],
)
def test_one_name_is_refused_at_start_for_every_kind(
    install: Callable[..., None], hook: str, kind: str, base: str
) -> None:
    code = f"import {base}\n@hookimpl\ndef {hook}(): return list({base}.{hook}())\n"
    install(f"twin_{kind.replace(' ', '_')}", code)
    with pytest.raises(errors.PluginConflict, match=rf"{kind} '.*' is claimed by two plugins: .* and .*pip uninstall"):
        load_plugins().check()


SINK = """
class Bell:
    name = "bell"
    def wants(self, event): return False
    async def deliver(self, event): ...
    async def close(self): ...

@hookimpl
def stroem_event_sinks(): return [Bell]
"""
COMMAND = """
import click

@hookimpl
def stroem_cli_commands(): return [click.Command("ring")]
"""


@pytest.mark.parametrize(("code", "kind"), [(SINK, "event sink 'bell'"), (COMMAND, "command 'ring'")])
def test_one_name_of_two_new_plugins_is_refused_at_start(install: Callable[..., None], code: str, kind: str) -> None:
    for letter in "ab":
        install(f"ringing_{kind.partition(' ')[0]}_{letter}", code)
    with pytest.raises(errors.PluginConflict, match=rf"{kind} is claimed by two plugins: dist-.*_a and dist-.*_b"):
        load_plugins().check()


def test_two_plugins_may_not_have_one_name(install: Callable[..., None]) -> None:
    install("extra_c", RUNNER.format(name="c"), entry="shell")
    with pytest.raises(errors.PluginConflict, match="plugin 'shell' is claimed by two plugins"):
        load_plugins()


@pytest.mark.parametrize(
    ("module", "code", "problem"),
    [
        ("bad_a", "import no_such_module", "cannot be loaded: ModuleNotFoundError"),
        ("bad_b", "1 / 0", "cannot be loaded: ZeroDivisionError: division by zero"),
        ("bad_c", "@hookimpl\ndef stroem_runnners(): return []", "unknown hook 'stroem_runnners'"),
        ("bad_d", "@hookimpl\ndef stroem_runners(wrong): return []", "cannot be loaded: PluginValidationError"),
        ("bad_e", "@hookimpl\ndef stroem_runners(): raise OSError('no')", "stroem_runners failed: OSError: no"),
        ("bad_f", "@hookimpl\ndef stroem_runners(): return None", None),
        ("bad_g", "@hookimpl\ndef stroem_runners(): return [5]", "hands over 5, which is not a class"),
        ("bad_h", "class R: name='r'\n@hookimpl\ndef stroem_runners(): return [R]", "R, which has no text `ability`"),
        ("bad_i", "@hookimpl\ndef stroem_cli_commands(): return [len]", "is not a click.Command with a name"),
    ],
)
def test_a_broken_plugin_is_named_and_the_others_work(
    install: Callable[..., None], module: str, code: str, problem: str | None
) -> None:
    install(module, code)
    registry = load_plugins()
    found = error_of(registry, module)
    assert (problem is None and found is None) or (problem is not None and found is not None and problem in found)
    assert "local" in registry.runners
    assert error_of(registry, "shell") is None
