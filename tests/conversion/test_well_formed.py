"""Well-formed documents are read as a converter reads them; every other document is left to the converter."""

import copy
import math
import uuid
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stroem.conversion.structure import make_converter
from stroem.conversion.unstructure import encode
from stroem.conversion.well_formed import NotWellFormed, well_formed
from stroem.definitions.action import Action
from stroem.protocol.claim import Claim
from stroem.protocol.exchange import ExchangeAnswer, ExchangeRequest
from stroem.protocol.registration import Heartbeat, HeartbeatAnswer, RegisteredWorker, Registration
from stroem.protocol.steps import LogLines, Outcome, StepAttempt

CONVERTER = make_converter(unknown_keys=True)
ID = "0b0fbb1c-52a7-4f0f-8f4f-6ad0cbd2b3b9"
STEP = {"job_id": ID, "step_name": "build", "attempt": 2}
LINES = {**STEP, "step_id": 3, "chunk": 0, "lines": 1, "data": "ø\n"}
OUTCOME = {**STEP, "exit_code": 0, "output": {"a": [1, None]}, "error": None, "cancelled": False}
CLAIM = {
    **STEP,
    "workspace": "main",
    "task_name": "deploy",
    "action_name": "lib.build",
    "action_type": "script",
    "action_spec": {"script": "true"},
    "input": {"n": 1.5},
    "runner": "local",
    "timeout_secs": 60,
    "revision": "abc",
}
REQUEST = {
    "worker_id": ID,
    "capabilities": ["script"],
    "max_steps": 4,
    "wait_secs": 25,
    "outcomes": [OUTCOME],
    "logs": [LINES],
    "holding": [STEP],
}
ACTION = {"type": "docker", "image": "a", "env": {"A": "b"}, "input": {"n": {"type": "integer"}}, "retry": {}}
MESSAGES: list[tuple[type, dict[str, Any]]] = [
    (StepAttempt, STEP),
    (LogLines, LINES),
    (Outcome, OUTCOME),
    (Claim, CLAIM),
    (ExchangeRequest, REQUEST),
    (ExchangeAnswer, {"steps": [CLAIM], "cancel": [STEP], "lease_secs": 90.0}),
    (Registration, {"name": "w", "capabilities": ["script"], "tags": [], "exclusive": True, "worker_id": ID}),
    (RegisteredWorker, {"worker_id": ID, "lease_secs": 90, "output_bytes": 1}),
    (Heartbeat, {"worker_id": ID, "lease": True}),
    (HeartbeatAnswer, {"status": "ok", "cancel": [STEP]}),
    (Action, ACTION),
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, 2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63), 10**400, 1.0, math.inf, math.nan]),
    st.sampled_from(["", "x", "a\nb", "\ud800", "\0", ID.upper(), ID.replace("-", ""), f"{{{ID}}}", "g" * 36]),
    st.sampled_from([[], {}, [None], ["x"], ("x",), [{}], {"a": 1}, {"a": {"b": [1.5]}}]),
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[type, Any]:
    """A message with a few of its values replaced, removed or added, at any depth."""
    of, message = draw(st.sampled_from(MESSAGES))
    document = orjson.loads(orjson.dumps(message))
    for _ in range(draw(st.integers(0, 3))):
        place = document
        while (inner := _inner(place)) and draw(st.booleans()):
            place = draw(st.sampled_from(inner))
        if isinstance(place, list):
            place.insert(draw(st.integers(0, len(place))), copy.deepcopy(draw(ODD)))
        elif place and draw(st.booleans()):
            del place[draw(st.sampled_from(sorted(place)))]
        else:
            key = draw(st.sampled_from([*sorted(place), "of_tomorrow"]))
            place[key] = copy.deepcopy(draw(ODD))
    return of, draw(st.one_of(st.just(document), ODD)) if draw(st.integers(0, 20)) == 0 else document


def _inner(place: Any) -> list[Any]:
    values = place.values() if isinstance(place, dict) else place
    return [value for value in values if type(value) in (dict, list)]


@given(documents())
@example((StepAttempt, {**STEP, "attempt": True}))
@example((RegisteredWorker, {"worker_id": ID, "lease_secs": math.inf, "output_bytes": 1}))
def test_what_is_read_equals_what_the_converter_makes(given: tuple[type, Any]) -> None:
    of, document = given
    try:
        found = well_formed(document, of)
    except NotWellFormed:
        return
    made = CONVERTER.structure(document, of)
    assert repr(found) == repr(made)
    assert found == made


@pytest.mark.parametrize(("of", "document"), MESSAGES, ids=lambda value: getattr(value, "__name__", ""))
def test_messages_are_well_formed(of: type, document: dict[str, Any]) -> None:
    message = CONVERTER.structure(document, of)
    assert well_formed(document, of) == message
    if of is not Action:
        assert well_formed(orjson.loads(encode(message, of)), of) == message


@pytest.mark.parametrize("name", ["job_id", "attempt"])
def test_a_missing_field_is_left_to_the_converter(name: str) -> None:
    with pytest.raises(NotWellFormed):
        well_formed({key: value for key, value in STEP.items() if key != name}, StepAttempt)


def test_a_repeated_id_is_one_object() -> None:
    request = well_formed(REQUEST, ExchangeRequest)
    assert request.worker_id == uuid.UUID(ID)
    assert request.worker_id is request.outcomes[0].job_id is request.logs[0].job_id
