"""docs/reference/yaml.md has a row for every key of workflow files, and the examples of all pages are valid."""

import typing
from pathlib import PurePosixPath

import attrs
import pytest

from stroem.conversion.constraints import FIELD_TYPES
from stroem.conversion.record import key_of
from stroem.definitions.action import Action, Resources, Tool
from stroem.definitions.action_fields import ACTION_FIELDS
from stroem.definitions.artifacts import Artifacts
from stroem.definitions.cache import Cache
from stroem.definitions.connection import Connection, ConnectionProperty, McpServer
from stroem.definitions.field import InputField, OptionsFrom, OutputField
from stroem.definitions.limit import Concurrency, Limit
from stroem.definitions.retry import Retry
from stroem.definitions.task import Hook, Step, Task
from stroem.definitions.trigger import Debounce, Trigger
from stroem.definitions.values import parse_duration
from stroem.definitions.volume import Volume
from stroem.definitions.workspace import Definitions
from stroem.dialects.environment import Environment
from stroem.dialects.no_effect import NO_EFFECT
from stroem.dialects.stroem_yaml import actions
from stroem.validation.checker import validate
from stroem_cron.calendar import Calendar
from stroem_job_outcome.outcome import Outcome, Part
from tests.docs.page import DOCS, ROOT, Block, Page, first_codes, pages, rows
from tests.support.parsing import parse
from tests.support.triggers import TRIGGER_TYPES

PAGE = Page(DOCS / "reference/yaml.md")
SECTIONS: dict[type, str] = {
    Definitions: "Top level",
    Task: "Task",
    Step: "Step",
    Action: "Action",
    Artifacts: "Artifacts",
    Cache: "Cache",
    Resources: "Resources",
    Tool: "Tool",
    InputField: "Input field",
    OptionsFrom: "Options of a field",
    OutputField: "Output field",
    ConnectionProperty: "Connection type property",
    Connection: "Connection",
    Retry: "Retry",
    Volume: "Volume",
    Concurrency: "Concurrency",
    Limit: "Limit",
    Hook: "Hook",
    Trigger: "Trigger",
    Debounce: "Debounce",
    Calendar: "Calendar",
    Outcome: "Ends of jobs",
    Part: "Parts of a join",
    McpServer: "MCP server",
}
TRIGGERS = {
    "scheduler": "Schedules",
    "webhook": "Webhooks",
    "event_source": "Event sources",
    "job_outcome": "Job outcomes",
    "files": "Files",
}
"""The sections of types of triggers."""
FIELDS_THAT_ARE_NO_KEYS: dict[type, set[str]] = {
    Connection: {"values"},
    Step: {"depends_on_conditions", "is_group"},
    Trigger: {"options"},
    Resources: {"named"},
}
"""Connections and triggers have these keys beside their type; conditions stand in `depends_on`, and a group has
`steps`. Resources of the operator's choice have any name."""
KEYS_THAT_ARE_NO_FIELDS: dict[type, set[str]] = {Step: {"steps"}}
TYPES = ("script", "shell", "docker", "pod", "task", "agent", "approval", "wait", "signal")


def _keys(cls: type) -> set[str]:
    names = {field.name for field in attrs.fields(cls)} - FIELDS_THAT_ARE_NO_KEYS.get(cls, set())
    return {key_of(name) for name in names} | KEYS_THAT_ARE_NO_FIELDS.get(cls, set())


def _tables(title: str) -> list[list[str]]:
    """The tables of a section, without that of which action has which key."""
    return [row for row in rows(PAGE.own(title)) if len(row) < len(TYPES)]


@pytest.mark.parametrize("cls", SECTIONS, ids=lambda cls: cls.__name__)
def test_every_key_has_its_row_and_no_other(cls: type) -> None:
    assert _told(SECTIONS[cls]) == sorted(_keys(cls))


@pytest.mark.parametrize("kind", TRIGGERS)
def test_every_key_of_a_type_of_triggers_has_its_row_and_no_other(kind: str) -> None:
    assert _told(TRIGGERS[kind]) == sorted(_keys(TRIGGER_TYPES[kind]))
    assert f"type: {kind}" in PAGE.own(TRIGGERS[kind])


def test_every_type_of_triggers_has_its_section() -> None:
    assert {*TRIGGERS} == {*TRIGGER_TYPES}


def _told(title: str) -> list[str]:
    """The keys in the tables of a section."""
    return sorted(row[0].strip("`") for row in _tables(title) if row[0].startswith("`"))


WITH_DEFAULTS = [
    *((cls, title) for cls, title in SECTIONS.items() if cls not in (Definitions, Tool, Connection, Resources)),
    *((TRIGGER_TYPES[kind], title) for kind, title in TRIGGERS.items()),
]


@pytest.mark.parametrize(("cls", "title"), WITH_DEFAULTS)
def test_the_defaults_are_true(cls: type, title: str) -> None:
    fields = {key_of(field.name): field for field in attrs.fields(cls)}
    for row in _tables(title):
        name, told = row[0].strip("`"), row[-2]
        if name in KEYS_THAT_ARE_NO_FIELDS.get(cls, set()):
            continue
        default = fields[name].default
        if default is attrs.NOTHING:
            assert told.startswith("required"), (name, told)
        elif isinstance(default, bool):
            assert told == f"`{str(default).lower()}`", (name, told)
        elif default == "":
            assert not told, (name, told)
        elif isinstance(default, str | int):
            assert told.strip("`") == str(default) or parse_duration(told.strip("`")) == default, (name, told)
        elif default is not None:
            assert told == "none", (name, told)


IN_EFFECT: dict[type, str] = {
    Definitions: (
        "secrets connection_types connections actions tasks triggers limits on_success on_error on_suspended on_cancel"
    ),
    Task: (
        "flow finally_ mode volume name description folder input timeout retry concurrency limits priority"
        " callable_from on_success on_error on_suspended on_cancel"
    ),
    Step: (
        "action name description depends_on depends_on_conditions input continue_on_failure timeout when for_each"
        " matrix sequential max_concurrency fail_fast while_ until max_rounds retry artifacts cache limits is_group"
    ),
    Action: (
        "type name description script source cmd runner options language dependencies interpreter args tags image env"
        " input output retry artifacts cache stroem_token task wait message on_reject on_timeout remind"
        " remind_hooks for_ until signal payload workspace workdir resources command entrypoint manifest"
        " approvers quorum four_eyes"
    ),
    InputField: (
        "type name description required secret default options allow_custom multiple order min max min_length"
        " max_length min_items max_items pattern options_from"
    ),
    OptionsFrom: "task path input cache timeout",
    OutputField: "type description required secret default options",
    ConnectionProperty: "type required default secret",
    Connection: "type values",
    Retry: "max_attempts delay max_delay backoff jitter on when",
    Artifacts: "paths keep",
    Cache: "key ttl files",
    Volume: "keep",
    Concurrency: "key limit policy max_queue",
    Limit: "max rate",
    Hook: "action input",
    Trigger: "type task input enabled force_refresh concurrency if_ debounce options",
    Debounce: "key wait max_wait",
    Calendar: "skip file then",
    Outcome: "task workspace status for_ all_of within children",
    Part: "task workspace status",
    Resources: "cpu memory pids shm gpus named",
}
"""The fields that this version acts on or shows."""
WITHOUT_EFFECT = {Tool, McpServer}
"""The classes that stand below a field without effect only."""


def test_every_field_has_an_effect_or_a_warning() -> None:
    for cls in SECTIONS:
        fields = {field.name for field in attrs.fields(cls)}
        warned = {name for of, name in NO_EFFECT if of is cls}
        if cls in WITHOUT_EFFECT:
            assert not warned, cls
        else:
            in_effect = set(IN_EFFECT[cls].split())
            assert (in_effect | warned, in_effect & warned) == (fields, set()), cls


@pytest.mark.parametrize("cls", sorted(WITHOUT_EFFECT, key=lambda cls: cls.__name__), ids=lambda cls: cls.__name__)
def test_what_stands_below_a_field_without_effect_stands_nowhere_else(cls: type) -> None:
    holders = [(of, name) for of in SECTIONS for name, hint in typing.get_type_hints(of).items() if _holds(hint, cls)]
    assert holders
    assert all(holder in NO_EFFECT or holder[0] in WITHOUT_EFFECT for holder in holders)


def _holds(hint: object, cls: type) -> bool:
    return hint is cls or any(_holds(argument, cls) for argument in typing.get_args(hint))


@pytest.mark.parametrize("cls", [cls for cls in SECTIONS if cls not in WITHOUT_EFFECT], ids=lambda cls: cls.__name__)
def test_later_marks_what_has_no_effect(cls: type) -> None:
    later = {row[0].strip("`") for row in _tables(SECTIONS[cls]) if "later" in row[-1].lower()}
    assert later == {name for of, name in NO_EFFECT if of is cls}


def _allowed(kind: str) -> frozenset[str]:
    return actions.shell_keys() if kind == "shell" else ACTION_FIELDS[kind]


def test_which_action_has_which_key() -> None:
    table = {row[0].strip("`"): row[1:] for row in rows(PAGE.own("Action")) if len(row) > len(TYPES)}
    for column, kind in enumerate(TYPES):
        assert {key for key, cells in table.items() if cells[column]} == _allowed(kind), kind
        needed = {key for key, cells in table.items() if cells[column] == "needed"}
        assert needed == {"type", *actions.REQUIRED.get(kind, ())}, kind
    one_of = [{key for key, cells in table.items() if cells[TYPES.index(kind)] == "one of"} for kind in TYPES]
    assert one_of == [{"script", "source"}, {"cmd", "script"}, *([set()] * 5), {"for", "until"}, set()]


def test_every_bound_is_told() -> None:
    for (cls, key), kind in FIELD_TYPES.items():
        (limit,) = kind.__metadata__
        text = next(row[-1] for row in _tables(SECTIONS[cls]) if row[0] == f"`{key}`")
        if limit.at_most is not None:
            hours = limit.at_most // 3600
            told = (f"{limit.at_least} to {limit.at_most}", f"up to {hours} h", f"up to {hours // 24} days")
            assert any(one in text for one in told), (key, text)


BLOCKS = [block for page in pages() for block in page.blocks if block.language == "yaml"]
WORKFLOWS = [block for block in BLOCKS if "workflow" in block.marks]
MISTAKEN = [block for block in BLOCKS if block.mark("mistakes")]


def _problems(block: Block) -> list[str]:
    path = f".workflows/{PurePosixPath(block.page).stem}.yaml"
    data = block.text.encode()
    runners: dict[str, type | None] = dict.fromkeys((block.mark("runners") or "local").split(","), _AnyOptions)
    checked = validate({path: parse(path, data)}, lambda _: data, Environment(runners=runners))
    return [problem.code for problem in checked.problems]


@attrs.frozen(kw_only=True)
class _AnyOptions:
    """Stands for the options of the runner that the guide to plugins writes."""

    level: int = 10


@pytest.mark.parametrize("block", WORKFLOWS, ids=str)
def test_the_workflows_of_all_pages_are_valid(block: Block) -> None:
    assert set(_problems(block)) <= {"no-effect"}


@pytest.mark.parametrize("block", MISTAKEN, ids=str)
def test_the_broken_workflows_have_the_mistakes_that_the_page_tells(block: Block) -> None:
    found = [code for code in _problems(block) if code != "no-effect"]
    assert found == (block.mark("mistakes") or "").split(",")


def test_every_yaml_block_is_marked() -> None:
    """Settings and workflows are checked; what is neither is a part of something."""
    unmarked = [block.page for block in BLOCKS if not block.marks and not block.page.startswith("plugins/")]
    assert unmarked == ["docs/guides/plugins.md"]
    assert len(WORKFLOWS) > 10
    assert MISTAKEN
    assert first_codes(PAGE.text)


def test_the_trigger_of_the_readme_is_valid_in_the_example() -> None:
    (block,) = [block for block in Page(ROOT / "README.md").blocks if "trigger-of-the-example" in block.marks]
    folder = ROOT / "workspaces" / "example" / ".workflows"
    data = {f".workflows/{file.name}": file.read_bytes() for file in folder.glob("*.yaml")}
    data[".workflows/nightly.yaml"] = block.text.encode()
    files = {path: parse(path, text) for path, text in data.items()}
    found = validate(files, data.__getitem__, Environment(runners={"local": None}))
    assert [one for one in found.problems if one.severity == "error"] == []
    assert "nightly" in found.definitions.triggers
