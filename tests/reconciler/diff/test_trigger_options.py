"""Options of triggers in plans: beside the keys of all triggers, and without secrets."""

import datetime
from typing import Any, ClassVar

import attrs

from stroem.conversion import canonical
from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from stroem.definitions.trigger import Debounce, Trigger
from stroem.definitions.trigger_options import SECRET, TEMPLATE
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.interfaces.triggers.http_trigger import HttpTrigger
from stroem.reconciler.diff.definitions import changes_between
from stroem.reconciler.diff.plan import Side, plan_between
from stroem.records.release_plan import ReleasePlan
from tests.support.dialects import YAML_ONLY
from tests.support.triggers import trigger_of

NOW = datetime.datetime(2026, 11, 2, 12, 0, tzinfo=datetime.UTC)
DOTS = "••••••"


@attrs.frozen(kw_only=True)
class Signature:
    """A signature: its key is a secret, its header none."""

    header: str = "X-Signature"
    key: str = attrs.field(metadata=SECRET)


@attrs.frozen(kw_only=True)
class Bell(HttpTrigger):
    """A type with secrets of all shapes."""

    name: ClassVar[str] = "bell"

    name_: str = "door"
    code: str | None = attrs.field(default=None, metadata=SECRET)
    codes: tuple[str, ...] = attrs.field(default=(), metadata=SECRET)
    login: dict[str, Json] = attrs.field(factory=dict, metadata=SECRET)
    whole: Signature | None = attrs.field(default=None, metadata=SECRET)
    signature: Signature | None = None
    others: tuple[Signature, ...] = ()
    by_name: dict[str, Signature] = attrs.Factory(dict)
    pass_: str = attrs.field(default="", metadata=SECRET)
    greeting: str = attrs.field(default="", metadata=TEMPLATE)


def bell(**options: Any) -> Trigger:
    return Trigger(type="bell", task="t", options=Bell(**options))


def plan(old: Trigger | None, new: Trigger, **more: Any) -> ReleasePlan:
    before, after = (
        Definitions(triggers={} if one is None else {"n": one}, tasks={"t": Task(flow={"s": Step(action="a")})}, **more)
        for one in (old, new)
    )
    sides = (Side(revision="r", definitions=one, files=()) for one in (before, after))
    return plan_between(*sides, dialects=YAML_ONLY, now=NOW)


def fields(old: Trigger | None, new: Trigger) -> dict[str, tuple[str, Json, Json]]:
    (change,) = plan(old, new).changes
    return {field.path: (field.change, field.old, field.new) for field in change.fields}


def test_keys_stand_beside_those_of_all_triggers_as_in_the_file() -> None:
    old = trigger_of("webhook", name_="deploy", if_="body.ok")
    new = trigger_of("webhook", name_="ship", mode="sync", if_="body.good", debounce=Debounce(wait=5))
    assert fields(old, new) == {
        "debounce.wait": ("added", None, 5),
        "if": ("changed", "body.ok", "body.good"),
        "mode": ("changed", "async", "sync"),
        "name": ("changed", "deploy", "ship"),
    }
    before, after = (Definitions(triggers={"n": one}) for one in (old, new))
    assert [change.fields for change in changes_between(before, after)] == [("debounce.wait", "if", "mode", "name")]


def test_another_type_has_other_keys() -> None:
    assert fields(trigger_of("webhook", name_="deploy"), trigger_of("scheduler", cron="@daily")) == {
        "cron": ("added", None, "@daily"),
        "name": ("removed", "deploy", None),
        "type": ("changed", "webhook", "scheduler"),
    }


def test_secrets_are_hidden_whatever_their_shape() -> None:
    def of(value: str) -> Trigger:
        signature = Signature(key=value, header=f"X-{value[:1]}")
        more: dict[str, Any] = {"login": {"user": value}, "whole": signature, "signature": signature}
        more |= {"others": (Signature(key="same"), signature), "by_name": {"a": signature}, "pass_": value}
        return bell(code=value, codes=("same", value), greeting="hi", **more)

    old, new = of("hunter22"), of("swordfish")
    found = plan(old, new)
    (change,) = found.changes
    assert {field.path: (field.old, field.new, field.secret) for field in change.fields} == {
        "code": (DOTS, DOTS, True),
        "codes[1]": (DOTS, DOTS, True),
        "login.user": (DOTS, DOTS, True),
        "whole.header": (DOTS, DOTS, True),
        "whole.key": (DOTS, DOTS, True),
        "by_name.a.header": ("X-h", "X-s", False),
        "by_name.a.key": (DOTS, DOTS, True),
        "others[1].header": ("X-h", "X-s", False),
        "others[1].key": (DOTS, DOTS, True),
        "pass": (DOTS, DOTS, True),
        "signature.header": ("X-h", "X-s", False),
        "signature.key": (DOTS, DOTS, True),
    }
    for one in (found, plan(None, new), plan(new, bell())):
        text = str(canonical.to_json(one))
        assert "hunter22" not in text
        assert "swordfish" not in text
    assert fields(None, new)["greeting"] == ("added", None, "hi")


def test_a_secret_of_an_option_is_blacked_out_wherever_it_stands() -> None:
    old, new = (
        bell(signature=Signature(key="hunter22")),
        bell(signature=Signature(key="hunter22"), greeting="hunter22!"),
    )
    assert fields(old, new) == {"greeting": ("changed", "", f"{DOTS}!")}


def test_a_template_over_secrets_is_no_literal_that_is_searched_for() -> None:
    key = "{{ secret.bell }}"
    assert fields(bell(code=key), bell(code=key, greeting=key)) == {"greeting": ("changed", "", key)}


def test_inputs_of_the_task_that_is_started_are_hidden_if_they_are_secret() -> None:
    task = Task(flow={"s": Step(action="a")}, input={"pin": InputField(secret=True)})
    sides = [
        Definitions(
            tasks={"u": task}, triggers={"n": trigger_of("event_source", "t", target_task="u", input={"pin": pin})}
        )
        for pin in ("1234", "5678")
    ]
    found = plan_between(*(Side(revision="r", definitions=one, files=()) for one in sides), dialects=YAML_ONLY, now=NOW)
    assert "1234" not in str(canonical.to_json(found))
