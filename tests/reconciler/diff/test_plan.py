"""A plan says what a revision would change."""

import datetime

import attrs

from stroem.conversion import canonical
from stroem.definitions.action import Action
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.field import InputField
from stroem.definitions.retry import Retry
from stroem.definitions.task import Hook, Step, Task, inline_action_name
from stroem.definitions.trigger import Trigger
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.reconciler.diff.plan import MOST_ITEMS, Side, plan_between
from stroem.records.problem import Problem
from stroem.records.release import FileEntry, LibraryVersion
from stroem.records.release_plan import (
    FieldChange,
    FireChange,
    JobsAffected,
    KindCount,
    NameList,
    ReleasePlan,
    UseChange,
)
from tests.support.dialects import YAML_ONLY
from tests.support.triggers import trigger_of

NOW = datetime.datetime(2026, 11, 2, 12, 0, tzinfo=datetime.UTC)
DOTS = "••••••"


def side(definitions: Definitions, *files: FileEntry, **more: object) -> Side:
    return Side(revision="r", definitions=definitions, files=tuple(files), **more)  # type: ignore[arg-type]


def plan(old: Definitions | None, new: Definitions, **more: object) -> ReleasePlan:
    return plan_between(None if old is None else side(old), side(new), dialects=YAML_ONLY, now=NOW, **more)  # type: ignore[arg-type]


def fields(old: Definitions, new: Definitions) -> dict[str, tuple[str, Json, Json]]:
    (change,) = plan(old, new).changes
    return {field.path: (field.change, field.old, field.new) for field in change.fields}


def task(**step: object) -> Definitions:
    return Definitions(tasks={"t": Task(flow={"build": Step(action="a", **step)})})  # type: ignore[arg-type]


def shell(**more: object) -> Action:
    return Action(type="script", script="true", **more)  # type: ignore[arg-type]


def test_equal_sides_change_nothing() -> None:
    found = plan(task(timeout=5), task(timeout=5))
    assert not found.changed
    assert found.valid
    assert (found.changes, found.summary, found.files, found.fires, found.uses) == ((), (), (), (), ())


def test_fields_are_told_one_by_one_with_both_values() -> None:
    old = task(input={"version": "1.2", "region": "eu"}, timeout=5)
    new = task(input={"version": "1.3", "level": {"a": 1}}, continue_on_failure=True)
    assert fields(old, new) == {
        "flow.build.continue_on_failure": ("changed", False, True),
        "flow.build.input.level": ("added", None, {"a": 1}),
        "flow.build.input.region": ("removed", "eu", None),
        "flow.build.input.version": ("changed", "1.2", "1.3"),
        "flow.build.timeout": ("removed", 5, None),
    }


def test_entries_of_lists_are_told_by_their_place() -> None:
    old = Definitions(actions={"a": shell(args=("one", "two", "three"), tags=("x",))})
    new = Definitions(actions={"a": shell(args=("zero", "one", "three"), tags=("x", "y"))})
    assert fields(old, new) == {
        "args[0]": ("added", None, "zero"),
        "args[1]": ("removed", "two", None),
        "tags[1]": ("added", None, "y"),
    }


def test_an_action_inside_a_step_is_told_where_it_is_written() -> None:
    name = inline_action_name("t", "build")
    tasks = {"t": Task(flow={"build": Step(action=name)})}
    old = Definitions(tasks=tasks, actions={name: shell(env={"A B": "1"})})
    new = Definitions(tasks=tasks, actions={name: shell(env={"A B": "2"})})
    assert fields(old, new) == {'flow.build.env["A B"]': ("changed", "1", "2")}
    named = Definitions(tasks={"t": Task(flow={"build": Step(action="a")})})
    assert fields(new, named) == {
        "flow.build.action": ("added", None, "a"),
        "flow.build.env": ("removed", {"A B": "2"}, None),
        "flow.build.script": ("removed", "true", None),
        "flow.build.type": ("removed", "script", None),
    }


def test_what_is_new_shows_what_is_written_and_no_defaults() -> None:
    new = Definitions(triggers={"n": trigger_of("scheduler", cron="0 3 * * *")})
    assert fields(Definitions(), new) == {
        "cron": ("added", None, "0 3 * * *"),
        "task": ("added", None, "t"),
        "type": ("added", None, "scheduler"),
    }


def test_what_is_written_as_its_defaults_shows_them() -> None:
    retry = {"max_attempts": 3, "delay": 30, "backoff": "fixed", "jitter": False, "on": []}
    assert fields(task(), task(retry=Retry())) == {"flow.build.retry": ("added", None, retry)}


def test_the_steps_of_finally_are_told_like_those_of_the_flow() -> None:
    def with_cleanup(**step: object) -> Definitions:
        flow = {"build": Step(action="a")}
        cleanup = {"clean": Step(action=inline_action_name("t", "clean"), **step)}  # type: ignore[arg-type]
        actions = {inline_action_name("t", "clean"): shell()}
        return Definitions(tasks={"t": Task(flow=flow, finally_=cleanup)}, actions=actions)

    assert fields(with_cleanup(), with_cleanup(timeout=5)) == {"finally.clean.timeout": ("added", None, 5)}
    step = {"type": "script", "script": "true"}
    assert fields(task(), with_cleanup()) == {"finally.clean": ("added", None, step)}


def test_long_texts_are_told_line_by_line() -> None:
    lines = [f"line {number}" for number in range(100)]
    old = Definitions(actions={"a": shell(description="\n".join(lines))})
    new = Definitions(actions={"a": shell(description="\n".join([*lines[:50], "other", *lines[51:]]))})
    (change,) = plan(old, new).changes
    assert change.fields == (
        FieldChange(
            path="description",
            change="changed",
            diff=("@@ -49,5 +49,5 @@", " line 48", " line 49", "-line 50", "+other", " line 51", " line 52"),
        ),
    )


def test_texts_that_have_little_in_common_are_cut() -> None:
    old, new = ("\n".join(f"{word} {number}" for number in range(5_000)) for word in ("old", "new"))
    (change,) = plan(
        Definitions(actions={"a": shell(description=old)}), Definitions(actions={"a": shell(description=new)})
    ).changes
    (field,) = change.fields
    assert field.shortened
    assert isinstance(field.new, str)
    assert len(field.new) < 500


def test_of_secrets_only_names_are_told() -> None:
    old = Definitions(secrets={"db": {"user": "adam", "password": "hunter22"}, "flat": "abc"})
    new = Definitions(secrets={"db": {"user": "adam", "password": "hunter33"}, "flat": "xyz", "more": "new value"})
    found = plan(old, new)
    assert [(change.name, change.change) for change in found.changes] == [
        ("db", "changed"),
        ("flat", "changed"),
        ("more", "added"),
    ]
    assert found.changes[0].fields == (FieldChange(path="password", change="changed", old=DOTS, new=DOTS, secret=True),)
    assert found.changes[1].fields == found.changes[2].fields == ()


def test_secret_properties_of_connections_are_hidden() -> None:
    kinds = {"pg": {"host": ConnectionProperty(), "pin": ConnectionProperty(secret=True, default="0000")}}
    old = Definitions(connection_types=kinds, connections={"c": Connection(type="pg", values={"host": "a", "pin": 1})})
    new = Definitions(connection_types=kinds, connections={"c": Connection(type="pg", values={"host": "b", "pin": 2})})
    assert fields(old, new) == {"values.host": ("changed", "a", "b"), "values.pin": ("changed", DOTS, DOTS)}
    others = Definitions(connection_types={"pg": {**kinds["pg"], "pin": ConnectionProperty(secret=True, default="9")}})
    assert fields(Definitions(connection_types=kinds), others) == {"pin.default": ("changed", DOTS, DOTS)}


def test_without_a_type_names_tell_what_is_hidden() -> None:
    old = Definitions(connections={"c": Connection(values={"url": "a", "apiKey": "k", "nested": {"db_password": "p"}})})
    new = Definitions(connections={"c": Connection(values={"url": "b", "apiKey": "l", "nested": {"db_password": "q"}})})
    assert fields(old, new) == {
        "values.apiKey": ("changed", DOTS, DOTS),
        "values.nested.db_password": ("changed", DOTS, DOTS),
        "values.url": ("changed", "a", "b"),
    }


def test_values_for_inputs_that_are_declared_secret_are_hidden() -> None:
    def definitions(value: str) -> Definitions:
        return Definitions(
            actions={"a": shell(input={"code": InputField(secret=True, description="Four digits")})},
            tasks={
                "t": Task(
                    flow={"build": Step(action="a", input={"code": value})},
                    input={"code": InputField(secret=True, default=value)},
                )
            },
            triggers={"n": trigger_of("webhook", name_="w", secret=value, input={"code": value})},
        )

    found = plan(definitions("abcd"), definitions("wxyz"))
    told = {(change.kind, field.path): field.secret for change in found.changes for field in change.fields}
    assert told == {
        ("task", "flow.build.input.code"): True,
        ("task", "input.code.default"): True,
        ("trigger", "input.code"): True,
        ("trigger", "secret"): True,
    }
    assert "wxyz" not in str(canonical.to_json(found))


def test_what_names_a_secret_is_no_secret() -> None:
    old, new = (task(input={"token": f"{{{{ secret.{name} }}}}"}) for name in ("old", "new"))
    assert fields(old, new) == {"flow.build.input.token": ("changed", "{{ secret.old }}", "{{ secret.new }}")}


def test_a_secret_is_blacked_out_wherever_it_stands() -> None:
    secrets: dict[str, Json] = {"key": "hunter22"}
    old = Definitions(secrets=secrets, actions={"a": shell(args=("x",))})
    new = Definitions(secrets=secrets, actions={"a": shell(args=("--key=hunter22",), env={"hunter22": "1"})})
    found = plan(old, new, problems=[Problem(code="c", message="'hunter22' is wrong", file="f", hint="not hunter22")])
    assert "hunter22" not in str(canonical.to_json(found))
    assert found.changes[0].fields[0].new == f"--key={DOTS}"
    assert found.problems[0].message == f"'{DOTS}' is wrong"


def test_schedules_that_move() -> None:
    def at(cron: str, *, enabled: bool = True) -> Trigger:
        return trigger_of("scheduler", cron=cron, enabled=enabled)

    old = {"moved": at("0 3 * * *"), "paused": at("0 1 1 * *"), "gone": at("0 0 1 1 *"), "same": at("0 5 * * *")}
    new = {
        "moved": at("0 4 * * *"),
        "paused": at("0 1 1 * *", enabled=False),
        "same": attrs.evolve(at("0 5 * * *"), input={"a": 1}),
        "off": at("0 6 * * *", enabled=False),
        "hook": trigger_of("webhook", name_="w"),
    }
    fires = {fire.trigger: fire for fire in plan(Definitions(triggers=old), Definitions(triggers=new)).fires}

    def times(hour: int) -> tuple[datetime.datetime, ...]:
        return tuple(datetime.datetime(2026, 11, day, hour, tzinfo=datetime.UTC) for day in (3, 4, 5))

    assert fires.keys() == {"moved", "paused", "gone"}
    assert fires["moved"] == FireChange(trigger="moved", change="moved", task="t", old=times(3), new=times(4))
    assert (fires["paused"].change, len(fires["paused"].old), fires["paused"].new) == ("paused", 3, ())
    assert (fires["gone"].change, fires["gone"].old[0].year) == ("removed", 2027)


def test_secrets_and_connections_that_are_newly_used() -> None:
    kinds = {"pg": {"host": ConnectionProperty()}}
    connections = {"main": Connection(type="pg", values={}), "spare": Connection(type="pg", values={})}

    def definitions(secret: str, connection: str) -> Definitions:
        return Definitions(
            connection_types=kinds,
            connections=connections,
            actions={
                "a": shell(env={"X": f"{{{{ secret.{secret} }}}}"}, input={"db": InputField(type="pg")}),
            },
            tasks={"t": Task(flow={"s": Step(action="a", input={"db": connection})})},
            on_error=(Hook(action="a"),),
        )

    found = plan(definitions("one.a", "main"), definitions("two", "spare"))
    t, hooks = NameList(names=("t",)), NameList(names=("hooks of the workspace",))
    assert found.uses == (
        UseChange(kind="connection", name="spare", change="added", tasks=t),
        UseChange(kind="secret", name="two", change="added", tasks=t, others=hooks),
        UseChange(kind="connection", name="main", change="removed", tasks=t),
        UseChange(kind="secret", name="one.a", change="removed", tasks=t, others=hooks),
    )


def test_a_connection_reads_the_secrets_in_the_defaults_of_its_type_that_it_does_not_set() -> None:
    properties = {name: ConnectionProperty(default=f"{{{{ secret.{name} }}}}") for name in ("a", "b")}

    def definitions(**values: Json) -> Definitions:
        return Definitions(connection_types={"pg": properties}, connections={"m": Connection(type="pg", values=values)})

    m = NameList(names=("connection m",))
    assert plan(definitions(a="x", b="x"), definitions(a="x")).uses == (
        UseChange(kind="secret", name="b", change="added", others=m),
    )


def test_files_and_the_tasks_that_use_them() -> None:
    definitions = Definitions(
        actions={
            "a": Action(type="script", source="./scripts/a.sh"),
            "lib.b": Action(type="script", source="b.sh"),
            "c": Action(type="script", source="link.sh"),
        },
        tasks={
            "t": Task(flow={"s": Step(action="a"), "u": Step(action="lib.b")}),
            "u": Task(flow={"s": Step(action="c")}, on_error=(Hook(action="lib.b"),)),
        },
        on_error=(Hook(action="a"),),
    )
    link = FileEntry(path="link.sh", link="scripts/a.sh")
    old = side(
        definitions,
        FileEntry(path=".workflows/x.yaml", digest="1"),
        FileEntry(path="README.md", digest="1"),
        FileEntry(path="_libraries/lib/b.sh", digest="1"),
        link,
        FileEntry(path="scripts/a.sh", digest="1"),
    )
    new = side(
        definitions,
        FileEntry(path=".workflows/x.yaml", digest="2"),
        FileEntry(path="_libraries/lib/b.sh", digest="1", mode=0o755),
        link,
        FileEntry(path="new.txt", digest="1"),
        FileEntry(path="scripts/a.sh", digest="2"),
    )
    found = plan_between(old, new, dialects=YAML_ONLY, now=NOW, live_jobs={"t": 2, "other": 5})
    assert [(file.path, file.change, file.what, file.used_by.names, file.by_hooks) for file in found.files] == [
        ("_libraries/lib/b.sh", "changed", ("mode",), ("t", "u"), False),
        ("scripts/a.sh", "changed", ("content",), ("t", "u"), True),
        ("README.md", "removed", (), (), False),
        ("new.txt", "added", (), (), False),
        (".workflows/x.yaml", "changed", ("content",), (), False),
    ]
    assert (found.files[0].old_mode, found.files[0].new_mode) == ("0644", "0755")
    assert found.files[-1].definitions
    assert found.summary == (KindCount(kind="file", added=1, changed=3, removed=1),)
    assert found.jobs == (JobsAffected(task="t", change="changed", jobs=2),)


def test_jobs_of_tasks_whose_actions_change_are_affected() -> None:
    tasks = {"t": Task(flow={"s": Step(action="a")}), "gone": Task(flow={"s": Step(action="b")})}
    old = Definitions(tasks=tasks, actions={"a": shell(), "b": shell()})
    new = Definitions(tasks={"t": tasks["t"]}, actions={"a": shell(tags=("x",)), "b": shell()})
    found = plan(old, new, live_jobs={"gone": 1, "t": 3})
    assert found.jobs == (
        JobsAffected(task="gone", change="removed", jobs=1),
        JobsAffected(task="t", change="changed", jobs=3),
    )
    assert next(change for change in found.changes if change.kind == "action").used_by == NameList(names=("t",))


def test_libraries() -> None:
    old = side(Definitions(), libraries=(LibraryVersion(name="http", revision="1", origin="x", ref="v1"),))
    new = side(Definitions(), libraries=(LibraryVersion(name="http", revision="2", origin="x", ref="v2"),))
    (change,) = plan_between(old, new, dialects=YAML_ONLY, now=NOW).changes
    assert (change.kind, change.name, change.change) == ("library", "http", "changed")
    assert {field.path: (field.old, field.new) for field in change.fields} == {
        "ref": ("v1", "v2"),
        "revision": ("1", "2"),
    }


def test_what_has_mistakes_now_is_not_called_removed() -> None:
    old = task()
    new = side(Definitions(), broken=frozenset({("tasks", "t")}))
    mistake = Problem(code="c", message="m", file="f")
    found = plan_between(side(old), new, [mistake], dialects=YAML_ONLY, now=NOW, live_jobs={"t": 1})
    assert not found.valid
    assert [(change.name, change.change) for change in found.changes] == [("t", "broken")]
    assert found.summary == (KindCount(kind="task", broken=1),)
    assert found.jobs[0].change == "changed"


def test_warnings_leave_a_revision_valid() -> None:
    warning = Problem(code="c", message="m", file="f", severity="warning")
    found = plan(None, task(), problems=[warning])
    assert (found.valid, found.errors, found.warnings, found.old) == (True, 0, 1, None)


def test_a_plan_is_bounded_and_counts_what_it_leaves_out() -> None:
    many = {f"t{number:05}": Task(flow={"s": Step(action="a")}) for number in range(MOST_ITEMS + 5)}
    files = [FileEntry(path=f"f{number:05}", digest="1") for number in range(MOST_ITEMS + 7)]
    problems = [Problem(code="c", message="m", file="f")] * (MOST_ITEMS + 3)
    found = plan_between(None, side(Definitions(tasks=many), *files), problems, dialects=YAML_ONLY, now=NOW)
    assert (len(found.changes), found.changes_left_out) == (MOST_ITEMS, 5)
    assert (len(found.files), found.files_left_out) == (MOST_ITEMS, 7)
    assert (len(found.problems), found.problems_left_out, found.errors) == (MOST_ITEMS, 3, MOST_ITEMS + 3)
    assert found.count("task").added == MOST_ITEMS + 5


def test_many_large_fields_do_not_make_a_large_plan() -> None:
    texts = ["\n".join(f"{word} {number}" for number in range(200)) for word in ("a" * 30, "b" * 30)]
    old, new = (
        Definitions(actions={f"a{number}": shell(description=text) for number in range(MOST_ITEMS)}) for text in texts
    )
    found = plan(old, new)
    assert len(canonical.to_bytes(found)) < 3_000_000
    assert sum(change.fields_left_out for change in found.changes) > 0


def test_a_plan_survives_the_way_over_the_wire() -> None:
    old = Definitions(triggers={"n": trigger_of("scheduler", cron="0 3 * * *")})
    new = Definitions(triggers={"n": trigger_of("scheduler", cron="0 4 * * *")})
    found = plan(old, new)
    assert canonical.from_json(canonical.parse(canonical.to_bytes(found)), ReleasePlan) == found
