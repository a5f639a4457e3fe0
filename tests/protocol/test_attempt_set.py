"""Attempts of two peers, of which one may not know the ids of steps."""

import uuid

from stroem.protocol.attempt_set import AttemptSet
from stroem.protocol.steps import StepAttempt

JOB = uuid.UUID(int=1)


def attempt(name: str, step_id: int | None = None, number: int = 1) -> StepAttempt:
    return StepAttempt(job_id=JOB, step_name=name, step_id=step_id, attempt=number)


def test_the_ids_decide_where_both_have_one() -> None:
    known = AttemptSet([attempt("check", 1), attempt("build", 2)])
    assert attempt("renamed", 1) in known
    assert attempt("check", 3) not in known
    assert attempt("check", 1, number=2) not in known


def test_the_names_decide_where_one_has_no_id() -> None:
    assert attempt("check") in AttemptSet([attempt("check", 1)])
    assert attempt("check", 1) in AttemptSet([attempt("check")])
    assert attempt("check") in AttemptSet([attempt("check")])
    assert attempt("check", number=2) not in AttemptSet([attempt("check", 1)])
    assert attempt("build") not in AttemptSet([attempt("check", 1)])


def test_a_name_that_is_a_number_is_no_id() -> None:
    assert attempt("build", 1) not in AttemptSet([attempt("1")])
    assert attempt("1") not in AttemptSet([attempt("build", 1)])
