"""Values that templates of a step see: results, context and iteration, from the scopes around it."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.engine.board import Board
from stroem.engine.requests import EndedStep, Evaluate, Load, NodeResult, Request, Scope
from stroem.engine.values.state import JOB, JobState, Step
from stroem.interfaces.nodes import ROOT

Asking = Generator[Request, Any, Any]


class Scopes:
    """Evaluates templates for steps.

    Outputs of blocks and loops that end in this decision are composed only when a template reads them; the store makes
    them in any case (`Collect`).
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._uncollected: dict[int, Step] = {}
        self._unread: dict[tuple[int, int], list[Step]] = {}
        """Steps taken over from the job before, by scope and node, whose outputs no template has read yet."""
        self._read_ones: set[int] = set()

    def evaluate(self, step: Step, template: Json, own: Mapping[str, Json] | None = None) -> Asking:
        """The value of a template of the step's node, or `Failure`."""
        scope = yield from self.of(step)
        return (yield self._request(step, template, scope, own))

    def evaluate_round(self, loop: Step, template: Json, output: Json) -> Asking:
        """The value of a template of a loop, or `Failure`. `output` is that of the round that has ended."""
        scope = yield from self.of(loop)
        here = attrs.evolve(scope, in_loop=True, item=None, index=loop.total - 1, total=loop.total)
        if loop.context:
            here = attrs.evolve(here, context={**here.context, **loop.context})
        return (yield self._request(loop, template, here, {"output": output}))

    def _request(self, step: Step, template: Json, scope: Scope, own: Mapping[str, Json] | None) -> Evaluate:
        fragments = self._board.job.fragments
        return Evaluate(node=step.node, template=template, scope=scope, own=own, fragments=fragments)

    def output_of(self, step: Step) -> Asking:
        """The output of a step that ended in this decision."""
        yield from self._collect([(step.parent, step.node)])
        return self._board.outputs.get(step.id)

    def of(self, step: Step) -> Asking:
        """The `Scope` of a step."""
        board = self._board
        around = yield from self._around(step)
        ids = [one.id for one in around] + [JOB]
        nodes = [one.node for one in around] + [ROOT]
        wanted: dict[int, tuple[int, int]] = {}
        for read in board.node(step).reads:
            parent = board.graph.node(read).parent
            if parent in nodes:
                wanted[read] = (ids[nodes.index(parent)], read)
        yield from board.load(results=wanted.values())
        yield from self._collect(wanted.values())
        results = {read: found for read, key in wanted.items() if (found := board.results.get(key)) is not None}
        context: dict[str, Json] = {}
        scopes: list[JobState | Step] = [board.job, *reversed(around)]
        for scope in scopes:
            context |= scope.context or {}
        item: dict[str, Any] = {}
        for inner, outer in zip([step, *around], around, strict=False):
            if board.node(outer).kind == "loop":
                item = {"in_loop": True, "item": inner.value, "index": inner.item, "total": outer.total}
                break
        return Scope(results=results, context=context, **item)

    def _around(self, step: Step) -> Generator[Load, Any, list[Step]]:
        """The blocks and loops around a step, from the inside."""
        found: list[Step] = []
        parent = step.parent
        while parent != JOB:
            yield from self._board.load(ids=[parent])
            outer = self._board.steps[parent]
            found.append(outer)
            parent = outer.parent
        return found

    def note_end(self, step: Step, output: Json) -> None:
        """Registers the result of a step that ends now. Templates may read it in this decision."""
        self._board.outputs[step.id] = output
        key = (step.parent, step.node)
        self._board.results[key] = NodeResult(status=step.status, output=output, error=step.error)
        self._uncollected.pop(step.id, None)
        if output is None and step.id in self._board.kept and step.id not in self._read_ones:
            self._unread.setdefault(key, []).append(step)

    def note_scope_end(self, step: Step) -> None:
        """Registers the end of a block or loop, as `note_end`. Its output is composed when it is read."""
        self.note_end(step, None)
        self._uncollected[step.id] = step

    def _collect(self, keys: Sequence[tuple[int, int]] | Any) -> Generator[Load, Any, None]:
        wanted = frozenset(keys)
        yield from self._read(wanted)
        for step in [one for one in self._uncollected.values() if (one.parent, one.node) in wanted]:
            output = yield from self.composed(step)
            self.note_end(step, output)

    def _read(self, keys: Iterable[tuple[int, int]]) -> Generator[Load, Any, None]:
        """Reads the outputs of steps that were taken over, by scope and node."""
        steps = [step for key in keys for step in self._unread.pop(key, ())] if self._unread else []
        if steps:
            former = {step.id: self._board.kept[step.id] for step in steps}
            self._read_ones.update(former)
            rows = yield Load(former=frozenset(former.values()))
            for step in steps:
                self.note_end(step, rows.former.get(former[step.id]))

    def composed(self, step: Step) -> Generator[Load, Any, Json]:
        """The output of a block or loop whose steps have all ended."""
        board = self._board
        yield from self._read([(step.id, number) for number in board.graph.children(step.node)])
        rows = yield Load(collected=frozenset({step.id}))
        ended = {one.id: one for one in rows.collected.get(step.id, ())}
        for own in board.steps.values():
            if own.parent == step.id and own.id in board.outputs:
                if own.id in self._uncollected:
                    self.note_end(own, (yield from self.composed(own)))
                ended[own.id] = EndedStep(id=own.id, node=own.node, item=own.item, output=board.outputs[own.id])
        return _compose(step, board, [ended[one] for one in sorted(ended)])


def _compose(step: Step, board: Board, ended: Sequence[EndedStep]) -> Json:
    how = board.node(step).output
    if how == "last":
        return next((one.output for one in ended if one.id == board.last.get(step.id)), None)
    if how == "list":
        found: dict[int, Json] = {one.item: one.output for one in ended}
        return [found.get(item) for item in range(step.total)]
    names: Mapping[int, str] = sinks(board, step.node)
    outputs = {one.node: one.output for one in ended}
    return {name: output for node, name in names.items() if (output := outputs.get(node)) is not None} or None


def sinks(board: Board, scope: int) -> dict[int, str]:
    """The nodes of a scope without outgoing edges, with their names. Their outputs are that of the scope.

    The output of a job has none of the nodes that run at its end.
    """
    nodes = {one: board.graph.node(one) for one in board.graph.children(scope)}
    return {one: node.name for one, node in nodes.items() if not (node.edges or (node.final and scope == ROOT))}


def scope_of(board: Board, step: Step) -> Asking:
    """The `Scope` of a step outside of a decision; only rows are asked for."""
    board.add([step])
    return (yield from Scopes(board).of(step))
