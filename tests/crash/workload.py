"""The tasks that are run, and what each step of them is to leave behind."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import orjson

WORKSPACE = "crash"

_SCRIPT = """\
      echo "$STROEM_STEP_NAME begins $$" >> "{journal}/$STROEM_JOB_ID.$STROEM_STEP_NAME"
      number={number}
      i=0
      while [ "$i" -lt "{{{{ input.lines }}}}" ]; do echo "line $i of $number: $STROEM_STEP_NAME"; i=$((i+1)); done
      while [ -n "{{{{ input.gate }}}}" ] && [ ! -e "{{{{ input.gate }}}}" ]; do sleep 0.02; done
      while [ "$i" -lt "{{{{ input.lines * 2 }}}}" ]; do
        echo "line $i of $number: $STROEM_STEP_NAME"
        i=$((i+1))
        [ "{{{{ input.pause }}}}" = 0 ] || sleep {{{{ input.pause }}}}
      done
      echo "OUTPUT: {{\\"number\\": $number}}"
      echo "$STROEM_STEP_NAME ends $$" >> "{journal}/$STROEM_JOB_ID.$STROEM_STEP_NAME"
"""

FLOWS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "single": {"first": ()},
    "chain": {"first": (), "second": ("first",)},
    "fork": {"first": (), "beside": (), "last": ("first", "beside")},
}
"""The steps of each task with what they depend on, in the order of the flow."""


@attrs.frozen(kw_only=True)
class Order:
    """One job as a client asks for it. `number` is another one for each job; steps count up from it.

    A step prints twice `lines` numbered lines. In the middle it waits for the file `gate`, if that is named; then it
    makes a pause of `pause` seconds after each line.
    """

    number: int
    task: str
    lines: int = 5
    pause: float = 0
    gate: str = ""

    @property
    def input(self) -> dict[str, Any]:
        return {"number": self.number, "lines": self.lines, "pause": self.pause, "gate": self.gate}

    @property
    def steps(self) -> Sequence[str]:
        return tuple(FLOWS[self.task])

    def output(self, step: str) -> dict[str, int]:
        """What the step is to hand on: a step that depends on others adds one to the sum of theirs."""
        sources = FLOWS[self.task][step]
        return {"number": 1 + sum(self.output(source)["number"] for source in sources) if sources else self.number}

    def lines_of(self, step: str) -> list[str]:
        """What the step is to print, line by line."""
        output = self.output(step)
        numbered = [f"line {i} of {output['number']}: {step}" for i in range(2 * self.lines)]
        return [*numbered, f'OUTPUT: {{"number": {output["number"]}}}']


def write_workspace(folder: Path, journal: Path) -> None:
    """Writes the tasks into a folder. Steps note their begin and end below `journal`, a file for each."""
    (folder / ".workflows").mkdir(parents=True)
    journal.mkdir()
    fields = {"number": "integer", "lines": "integer", "pause": "number", "gate": "string"}
    tasks = {
        name: {
            "input": {field: {"type": kind, "required": True} for field, kind in fields.items()},
            "flow": {step: _step(step, flow, journal) for step in flow},
        }
        for name, flow in FLOWS.items()
    }
    (folder / ".workflows" / "tasks.yaml").write_bytes(orjson.dumps({"tasks": tasks}))  # JSON is YAML


def _step(step: str, flow: Mapping[str, Sequence[str]], journal: Path) -> dict[str, Any]:
    sources = flow[step]
    number = " + ".join(["1", *(f"{source}.output.number" for source in sources)]) if sources else "input.number"
    script = _SCRIPT.format(journal=journal, number=f"{{{{ {number} }}}}")
    return {"type": "script", "depends_on": list(sources), "script": script}


def executions(journal: Path, job_id: object, step: str) -> tuple[int, int]:
    """How often a step began and how often it came to its end."""
    file = journal / f"{job_id}.{step}"
    noted = file.read_text() if file.exists() else ""
    return noted.count(" begins "), noted.count(" ends ")
