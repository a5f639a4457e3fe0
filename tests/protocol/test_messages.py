"""Each message has one class: what one end writes, the other reads."""

import uuid
from typing import Any

import attrs
import orjson
import pytest

from stroem.conversion import canonical
from stroem.conversion.constraints import Utf8
from stroem.conversion.unstructure import encode
from stroem.definitions.action import Action, Resources
from stroem.definitions.field import InputField
from stroem.protocol.claim import Claim, action_of
from stroem.protocol.exchange import ExchangeAnswer, ExchangeRequest
from stroem.protocol.reading import MessageUnreadable, read
from stroem.protocol.registration import Heartbeat, HeartbeatAnswer, RegisteredWorker, Registration
from stroem.protocol.steps import LogLines, Outcome, StepAttempt

ID = uuid.UUID("0b0fbb1c-52a7-4f0f-8f4f-6ad0cbd2b3b9")
STEP: dict[str, Any] = {"job_id": ID, "step_name": "build", "attempt": 2}
ACTION = Action(
    type="docker",
    image="python:3.13",
    args=("a", "ø"),
    env={"A": "b"},
    options={"network": {"name": "x", "retries": 3}},
    input={"n": InputField(type="integer", default=7, options=(1, 7))},
    resources=Resources(cpu="1"),
)
CLAIM = Claim(
    workspace="main",
    task_name="deploy",
    action_name="lib.build",
    action_type="docker",
    action_image="python:3.13",
    action_spec=canonical.to_json(ACTION),
    input={"n": 1.5, "list": [None, True]},
    runner="docker",
    timeout_secs=60,
    revision="abc",
    log_chunk=3,
    **STEP,
)
MESSAGES = (
    Registration(name="w", capabilities=("script",), tags=("eu",), exclusive=True, version="1", worker_id=ID),
    RegisteredWorker(worker_id=ID, lease_secs=120, output_bytes=1000),
    Heartbeat(worker_id=ID, lease=True),
    HeartbeatAnswer(status="ok", cancel=(StepAttempt(**STEP),)),
    StepAttempt(**STEP, step_id=7),
    attrs.evolve(CLAIM, step_id=7),
    Outcome(**STEP, step_id=7, exit_code=0),
    LogLines(**STEP, step_id=7, chunk=0, lines=1, data=Utf8(b"x\n")),
    CLAIM,
    ExchangeAnswer(steps=(CLAIM,), cancel=(StepAttempt(**STEP),), lease_secs=120),
    ExchangeRequest(
        worker_id=ID,
        max_steps=4,
        wait_secs=25,
        outcomes=(Outcome(**STEP, exit_code=0, output={"a": 1}), Outcome(**STEP, error="no", cancelled=True)),
        logs=(LogLines(**STEP, chunk=0, lines=1, data=Utf8("ø\n".encode())),),
        holding=(StepAttempt(**STEP),),
    ),
)


def kind(message: Any) -> str:
    return type(message).__name__


@pytest.mark.parametrize("message", MESSAGES, ids=kind)
def test_a_message_is_read_as_it_was_written(message: Any) -> None:
    assert read(orjson.loads(encode(message, type(message))), type(message)) == message


@pytest.mark.parametrize("message", MESSAGES, ids=kind)
def test_keys_of_a_newer_peer_are_ignored(message: Any) -> None:
    document = {**orjson.loads(encode(message, type(message))), "of_tomorrow": [1]}
    assert read(document, type(message)) == message


def test_the_fields_of_a_request_that_have_their_default_are_left_out() -> None:
    done = Outcome(**STEP, exit_code=0, output=orjson.Fragment('{"a":1}'))
    request = ExchangeRequest(worker_id=ID, max_steps=1, outcomes=(done,))
    assert orjson.loads(encode(request, ExchangeRequest)) == {
        "worker_id": str(ID),
        "capabilities": [],
        "tags": [],
        "max_steps": 1,
        "wait_secs": 0,
        "outcomes": [
            {"job_id": str(ID), "step_name": "build", "attempt": 2, "exit_code": 0, "output": {"a": 1}},
        ],
        "logs": [],
    }


def test_an_answer_to_an_older_worker_has_a_null_for_each_key() -> None:
    keys = "workspace job_id task_name step_name action_name action_type action_image action_spec input runner"
    assert orjson.loads(encode(ExchangeAnswer(), ExchangeAnswer)) == dict.fromkeys(keys.split())


def test_an_unreadable_message_names_each_value_at_fault() -> None:
    document = {**orjson.loads(encode(CLAIM, Claim)), "attempt": "x", "input": None}
    with pytest.raises(MessageUnreadable) as caught:
        read(document, Claim)
    assert sorted(str(caught.value).split("; ")) == [
        "attempt expected a whole number, found a text",
        "input expected a map, found nothing",
    ]


def test_the_action_of_a_claim_is_the_one_that_was_handed_out() -> None:
    assert action_of(CLAIM) == ACTION
    assert action_of(attrs.evolve(CLAIM, action_image="other")).image == "other"


def test_half_of_a_surrogate_pair_in_lines_becomes_a_question_mark() -> None:
    document = {**STEP, "job_id": str(ID), "chunk": 0, "lines": 1, "data": "a\ud800b\n"}
    assert read(document, LogLines).data == b"a?b\n"


@pytest.mark.parametrize("step_id", [0, -1, 2**31, "1"])
def test_the_id_of_a_step_counts_from_one(step_id: object) -> None:
    with pytest.raises(MessageUnreadable, match="step_id"):
        read({**STEP, "job_id": str(ID), "step_id": step_id}, StepAttempt)


def test_the_attempt_of_a_claim_has_the_id_of_its_step() -> None:
    assert attrs.evolve(CLAIM, step_id=7).step == StepAttempt(**STEP, step_id=7)
