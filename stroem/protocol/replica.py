"""Replica of a local job, with which its worker goes on while the server is away."""

import attrs

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.values.state import JobState, Step
from stroem.protocol.claim_facts import ClaimFacts, StateKeys


@attrs.frozen(kw_only=True)
class StepOutputValue:
    """The full output of an ended step."""

    step: int
    output: Json


@attrs.frozen(kw_only=True)
class JobReplica(ClaimFacts):
    """A local job as it is at one moment: plan and input with all values, state, steps, and outputs of ended steps.

    `steps` has those that have ended too. `state_keys` name the latest snapshots of state, `state_values` are the roots
    `state` and `global_state` of templates; they are empty if the plan reads none.
    """

    plan: TaskPlan
    input: dict[str, Json]
    state: JobState
    steps: tuple[Step, ...]
    outputs: tuple[StepOutputValue, ...] = ()
    state_keys: StateKeys = attrs.Factory(StateKeys)
    state_values: dict[str, Json] = attrs.field(factory=dict, metadata=ABSENT)
