"""State machines in YAML: `NAME: {start: STATE, states: {STATE: {action, input, set, wait, go, catch}}}`.

A state runs an action or waits some seconds. `set` changes the context. Then it goes to a state, or to the first one of
a list whose `if` is true; after a failure to that of `catch`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from stroem.conversion.yaml import Unreadable, read_yaml
from stroem.definitions.task import DialectTask, Step, Task
from stroem.definitions.workspace import Definitions
from stroem.interfaces.dialect import Dialect, Flow
from stroem.interfaces.nodes import Edge, Node
from stroem.interfaces.parsed_file import ParsedFile
from stroem.records.problem import Problem


class MachineDialect(Dialect):
    """Tasks that are state machines."""

    name: ClassVar[str] = "machine"
    endings: ClassVar[tuple[str, ...]] = (".machine.yaml",)

    def parse(self, path: str, data: bytes) -> ParsedFile:
        """The state machines of a file; none when one of them has a mistake."""
        try:
            machines = read_yaml(data).value
        except Unreadable as error:
            problem = Problem(code="machine", message=error.message, file=path, line=error.line, column=error.column)
            return ParsedFile(path=path, definitions=None, problems=(problem,))
        if problems := tuple(Problem(code="machine", message=text, file=path) for text in _mistakes(machines)):
            return ParsedFile(path=path, definitions=None, problems=problems)
        return ParsedFile(path=path, definitions=Definitions(tasks={name: _task(machines[name]) for name in machines}))

    def compile(self, name: str, task: Task, definitions: Definitions) -> Flow:
        """A node for each state, and a choice behind each list of states."""
        assert isinstance(task, DialectTask)
        program: Any = task.program
        states, start = program["states"], program["start"]
        choices = [_choice_of(name) for name, state in states.items() if _is_choice(state)]
        numbers = {name: number for number, name in enumerate([*states, *choices])}
        nodes = [_state(name, state, name == start, task.flow, numbers) for name, state in states.items()]
        nodes += [_choice(name, state["go"], numbers) for name, state in states.items() if _is_choice(state)]
        return Flow(nodes=tuple(nodes), output="last")


def _mistakes(machines: Any) -> Iterator[str]:
    if not isinstance(machines, Mapping):
        yield "the file is no map of state machines"
        return
    for name, machine in machines.items():
        states = machine.get("states") if isinstance(machine, Mapping) else None
        if not isinstance(states, Mapping) or not all(isinstance(state, Mapping) for state in states.values()):
            yield f"{name} has no map of states"
            continue
        for state in states.values():
            if not isinstance(state.get("action", ""), str):
                yield f"a state of {name} has an action that is no name"
            if not all(isinstance(state.get(key, {}), Mapping) for key in ("input", "set")):
                yield f"a state of {name} has values without names"
        targets = [machine.get("start"), *(target for state in states.values() for target in _targets(state))]
        yield from (f"{name} has no state {target!r}" for target in targets if target not in list(states))


def _targets(state: Mapping[str, Any]) -> Iterator[Any]:
    go = state.get("go", [])
    yield from (one.get("to") if isinstance(one, Mapping) else None for one in go) if isinstance(go, list) else [go]
    if "catch" in state:
        yield state["catch"]


def _task(machine: Mapping[str, Any]) -> DialectTask:
    states = machine["states"]
    flow = {
        name: Step(action=state["action"], input=state.get("input", {}))
        for name, state in states.items()
        if "action" in state
    }
    kept = {name: {key: state[key] for key in state if key != "action"} for name, state in states.items()}
    return DialectTask(flow=flow, dialect=MachineDialect.name, program={"start": machine["start"], "states": kept})


def _is_choice(state: Mapping[str, Any]) -> bool:
    return isinstance(state.get("go"), list)


def _choice_of(state: str) -> str:
    return f"next-of-{state}"


def _state(
    name: str, state: Mapping[str, Any], entry: bool, flow: Mapping[str, Step], numbers: Mapping[str, int]
) -> Node:
    edges = []
    if "go" in state:
        edges.append(Edge(to=numbers[_choice_of(name) if _is_choice(state) else state["go"]]))
    if "catch" in state:
        edges.append(Edge(to=numbers[state["catch"]], on=("failed",), handles=True))
    writes = state.get("set", {})
    if name in flow:
        action, given = flow[name].action, flow[name].input
        return Node(name=name, action=action, input=given, entry=entry, join="each", edges=tuple(edges), writes=writes)
    given = {"secs": state.get("wait", 0)}
    return Node(name=name, kind="wait", input=given, entry=entry, join="each", edges=tuple(edges), writes=writes)


def _choice(state: str, go: list[Mapping[str, Any]], numbers: Mapping[str, int]) -> Node:
    edges = tuple(Edge(to=numbers[one["to"]], test=one.get("if")) for one in go)
    return Node(name=_choice_of(state), kind="choice", join="each", edges=edges)
