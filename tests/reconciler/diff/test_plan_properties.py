"""What holds of every plan."""

import copy
import datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.definitions.action import Action
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.field import InputField
from stroem.definitions.kinds import SECTIONS
from stroem.definitions.task import Hook, Step, Task, inline_action_name, is_inline
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.reconciler.diff.definitions import changes_between
from stroem.reconciler.diff.plan import Side, plan_between
from stroem.reconciler.diff.report.markdown import as_markdown
from stroem.reconciler.diff.report.phrases import as_json
from stroem.reconciler.diff.report.text import as_text
from stroem.records.release import FileEntry
from tests.support.dialects import YAML_ONLY
from tests.support.triggers import trigger_of

pytestmark = pytest.mark.slow("a property over many examples")

NOW = datetime.datetime(2026, 11, 2, 12, 0, tzinfo=datetime.UTC)
SECRETS = ("zqhunter22", "zqopen sesame", "zq\u2713check", "zqmulti\nzqline two")
NAMES = st.sampled_from(["a", "b-c", "d_e", "x y"])
SECRET = st.sampled_from(SECRETS)
TEXTS = st.sampled_from(["x", "{{ secret.a }}", "two\nlines\n", *SECRETS, *(f"--key={one}!" for one in SECRETS)])
JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=3,
)
FIELDS = st.dictionaries(
    NAMES, st.builds(InputField, type=st.sampled_from(["string", "pg"]), secret=st.booleans(), default=JSON), max_size=2
)
ACTIONS = st.builds(
    Action,
    type=st.just("script"),
    script=TEXTS,
    source=st.none() | st.just("run.sh"),
    args=st.lists(TEXTS, max_size=3).map(tuple),
    env=st.dictionaries(NAMES, TEXTS, max_size=2),
    input=FIELDS,
)
HOOKS = st.lists(st.builds(Hook, action=NAMES, input=st.dictionaries(NAMES, JSON, max_size=1)), max_size=2).map(tuple)
ACTION_NAMES = NAMES | st.just(inline_action_name("a", "a"))
TASKS = st.builds(
    Task,
    flow=st.dictionaries(
        NAMES,
        st.builds(Step, action=ACTION_NAMES, input=st.dictionaries(NAMES, JSON, max_size=2), for_each=JSON),
        max_size=2,
    ),
    input=FIELDS,
    description=st.none() | TEXTS,
    on_error=HOOKS,
)
TRIGGERS = st.one_of(
    st.builds(trigger_of, st.just("scheduler"), NAMES, cron=st.just("0 3 * * *") | TEXTS, enabled=st.booleans()),
    st.builds(
        trigger_of, st.just("webhook"), NAMES, name_=st.just("w"), secret=st.none() | SECRET, input=st.just({"a": "b"})
    ),
)
DEFINITIONS = st.builds(
    Definitions,
    secrets=st.fixed_dictionaries({"all": st.just(list(SECRETS))}, optional={"a": JSON, "b": JSON}),
    connection_types=st.dictionaries(
        st.just("pg"),
        st.dictionaries(NAMES, st.builds(ConnectionProperty, secret=st.booleans(), default=JSON), max_size=2),
    ),
    connections=st.dictionaries(
        NAMES,
        st.builds(Connection, type=st.none() | st.just("pg"), values=st.dictionaries(NAMES, JSON, max_size=2)),
        max_size=2,
    ),
    actions=st.dictionaries(ACTION_NAMES, ACTIONS, max_size=3),
    tasks=st.dictionaries(NAMES, TASKS, max_size=3),
    triggers=st.dictionaries(NAMES, TRIGGERS, max_size=2),
    on_error=HOOKS,
)
FILES = st.lists(
    st.builds(FileEntry, path=st.sampled_from(["run.sh", "b", ".workflows/x.yaml"]), digest=st.sampled_from("12")),
    unique_by=lambda file: file.path,
    max_size=3,
).map(lambda files: tuple(sorted(files, key=lambda file: file.path)))
SIDES = st.builds(Side, revision=st.just("r"), definitions=DEFINITIONS, files=FILES)


@given(SIDES)
def test_equal_sides_change_nothing(side: Side) -> None:
    again = attrs.evolve(
        side, definitions=copy.deepcopy(side.definitions), files=tuple(attrs.evolve(file) for file in side.files)
    )
    plan = plan_between(side, again, dialects=YAML_ONLY, now=NOW)
    assert not plan.changed
    assert (plan.changes, plan.fires, plan.uses, plan.files, plan.summary) == ((), (), (), (), ())


@given(SIDES, SIDES)
def test_what_is_on_one_side_is_named_with_what_became_of_it(old: Side, new: Side) -> None:
    found = {
        (change.kind, change.name): change.change
        for change in plan_between(old, new, dialects=YAML_ONLY, now=NOW).changes
    }
    for kind, section in SECTIONS.items():
        before, after = getattr(old.definitions, section), getattr(new.definitions, section)
        for name in {*before, *after}:
            if kind == "action" and is_inline(name):
                continue
            word = "added" if name not in before else "removed" if name not in after else "changed"
            if word == "changed" and before[name] == after[name]:
                assert found.get((kind, name), "changed") == "changed"
            else:
                assert found[kind, name] == word


@given(SIDES, SIDES)
def test_the_short_list_says_the_same_as_the_plan(old: Side, new: Side) -> None:
    plan = plan_between(old, new, dialects=YAML_ONLY, now=NOW)
    changes = changes_between(old.definitions, new.definitions)
    assert [(one.kind, one.name, one.change) for one in changes] == [
        (one.kind, one.name, one.change) for one in plan.changes
    ]
    for short, change in zip(changes, plan.changes, strict=True):
        assert bool(short.fields) == (change.change == "changed" and bool(change.fields or change.fields_left_out))


@given(SIDES, SIDES)
def test_no_secret_is_in_any_report(old: Side, new: Side) -> None:
    plan = plan_between(old, new, dialects=YAML_ONLY, now=NOW)
    for report in (as_text, as_json, as_markdown):
        assert "zq" not in report(plan)


@given(SIDES, SIDES)
def test_a_plan_is_the_same_every_time(old: Side, new: Side) -> None:
    assert plan_between(old, new, dialects=YAML_ONLY, now=NOW) == plan_between(
        attrs.evolve(old), attrs.evolve(new), dialects=YAML_ONLY, now=NOW
    )
