"""Whatever the bytes, a file is read; whatever is valid survives being written and read."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stroem.conversion.canonical import to_json
from stroem.conversion.record import key_of
from stroem.definitions.action import Action, Tool
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.field import InputField
from stroem.definitions.retry import Retry
from stroem.definitions.task import Hook, Step, Task
from stroem.definitions.workspace import Definitions
from stroem.dialects.environment import Environment
from stroem.validation.checker import validate
from tests.support.parsing import parse
from tests.support.triggers import trigger_of

ALPHABET = (
    "actions tasks triggers connections secrets flow action type shell script cmd input on_error depends_on"
    " - : { } [ ] , | > & * ! {{ input.x }} {{ a.output } %} <<: &a *a !!int [a] 1h 12 ~ true # ' \" \t"
)
WORDS = st.sampled_from(ALPHABET.split(" "))
MESSY = st.lists(st.tuples(st.sampled_from(["", " ", "\n", "\n  ", "\n    ", ": ", "- "]), WORDS), max_size=40).map(
    lambda parts: "".join(part for pair in parts for part in pair)
)
TEXTLIKE = ["", "on", "0o17", "1e3", "~", "12:30", "yes", "null", "{{ input.x }}", "a: b", " x ", "é\n\n x"]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(TEXTLIKE),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "type", "on", "12"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode) | MESSY.map(str.encode))
def test_no_bytes_raise(data: bytes) -> None:
    file = parse(".workflows/a.yaml", data)
    assert (file.definitions is None) <= bool(file.problems)
    validate({file.path: file}, lambda _: data, Environment(runners={}))


KEYS = (
    "secrets connections actions tasks triggers on_error a b flow action type cmd script input depends_on env default"
    " options multiple retry timeout when for_each cron task name runner manifest tools"
)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["x", "shell", "script", "{{ input.x }}", "1h", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=5),
    max_leaves=40,
)


@given(DOCUMENTS)
def test_no_document_raises(document: Any) -> None:
    data = yaml.safe_dump(document).encode()
    file = parse(".workflows/a.yaml", data)
    validation = validate({file.path: file}, lambda _: data, Environment(runners={"local": None}))
    assert all(problem.line >= 1 and problem.column >= 1 for problem in validation.problems)


IMAGES = st.sampled_from(["alpine", "localhost:5000/team/tool:1.2", "{{ input.image }}"])
NAMES = st.sampled_from(["a", "b-c", "d_e", "on", "12", "x.y"])
TEXTS = st.sampled_from(["x", "{{ input.x }}", "two\nlines\n", "on", "1.5", "a: #b"])
PLAIN_TEXTS = st.none() | st.sampled_from(TEXTLIKE) | st.lists(st.sampled_from(TEXTLIKE), max_size=3)
FIELDS = st.dictionaries(
    NAMES,
    st.builds(InputField, type=st.just("integer"), required=st.booleans(), default=JSON)
    | st.builds(InputField, type=st.sampled_from(["string", "pg"]), required=st.booleans(), default=PLAIN_TEXTS),
    max_size=2,
)
RETRIES = st.none() | st.builds(
    Retry, max_attempts=st.integers(1, 10), delay=st.integers(1, 3600), jitter=st.booleans()
)
ACTIONS = st.one_of(
    st.builds(Action, type=st.just("script"), script=TEXTS, env=st.dictionaries(NAMES, TEXTS), input=FIELDS),
    st.builds(
        Action, type=st.just("script"), source=TEXTS, runner=st.just("ssh"), options=st.dictionaries(NAMES, JSON)
    ),
    st.builds(Action, type=st.just("docker"), image=IMAGES, command=st.none() | st.just(("a", "b")), retry=RETRIES),
    st.builds(Action, type=st.just("task"), task=NAMES),
    st.builds(Action, type=st.just("approval"), message=TEXTS, tags=st.just(("a", "b"))),
    st.builds(
        Action,
        type=st.just("agent"),
        provider=TEXTS,
        prompt=TEXTS,
        tools=st.just((Tool(task="a"), Tool(mcp="b"))),
        temperature=st.none() | st.floats(0, 2),
    ),
)
STEPS = st.builds(
    Step,
    action=NAMES,
    depends_on=st.lists(NAMES, unique=True, max_size=2).map(tuple),
    input=st.dictionaries(NAMES, JSON, max_size=2),
    timeout=st.none() | st.integers(1, 86400),
    when=st.none() | TEXTS,
    for_each=JSON,
    retry=RETRIES,
)
HOOKS = st.lists(st.builds(Hook, action=NAMES, input=st.dictionaries(NAMES, JSON, max_size=1)), max_size=2).map(tuple)
TASKS = st.builds(
    Task,
    flow=st.dictionaries(NAMES, STEPS, min_size=1, max_size=3),
    input=FIELDS,
    description=st.none() | TEXTS,
    timeout=st.none() | st.integers(1, 7 * 86400),
    on_error=HOOKS,
)
TRIGGERS = st.one_of(
    st.builds(
        trigger_of,
        st.just("scheduler"),
        NAMES,
        cron=st.sampled_from(["@daily", "0 3 * * *", "*/20 * * * * *"]),
        timezone=st.sampled_from(["UTC", "Europe/Oslo"]),
    ),
    st.builds(trigger_of, st.just("webhook"), NAMES, name_=st.just("hook"), enabled=st.booleans(), secret=TEXTS),
)
CONNECTIONS = st.builds(
    Connection, type=st.none() | NAMES, values=st.dictionaries(st.sampled_from(["host", "12"]), JSON)
)
DEFINITIONS = st.builds(
    Definitions,
    secrets=st.dictionaries(st.sampled_from(["a", "B_1"]), JSON.filter(lambda value: not isinstance(value, dict))),
    connection_types=st.dictionaries(
        NAMES, st.dictionaries(NAMES, st.builds(ConnectionProperty, default=PLAIN_TEXTS), max_size=2)
    ),
    connections=st.dictionaries(NAMES, CONNECTIONS, max_size=2),
    actions=st.dictionaries(NAMES, ACTIONS, max_size=3),
    tasks=st.dictionaries(NAMES, TASKS, max_size=2),
    triggers=st.dictionaries(NAMES, TRIGGERS, max_size=2),
    on_success=HOOKS,
)


def document_of(definitions: Definitions) -> dict[str, Any]:
    """What one writes to define this."""
    document = to_json(definitions)
    for connection in document.get("connections", {}).values():
        connection |= connection.pop("values", {})
    for trigger in document.get("triggers", {}).values():
        trigger |= {key_of(key): value for key, value in trigger.pop("options").items()}
    return document


@pytest.mark.slow("a property over many examples")
@given(DEFINITIONS, st.booleans())
def test_what_is_written_is_read(definitions: Definitions, as_json: bool) -> None:
    document = document_of(definitions)
    text = json.dumps(document, ensure_ascii=False) if as_json else _dump(document)
    file = parse(".workflows/a.yaml", text.encode())
    assert file.problems == ()
    assert file.definitions is not None
    assert json.dumps(document_of(file.definitions), sort_keys=True) == json.dumps(document, sort_keys=True)


class _Dumper(yaml.SafeDumper):
    """Writes YAML 1.2: text that the core schema takes for something else is quoted."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text and text == text.strip(" ") else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _dump(document: object) -> str:
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False)
