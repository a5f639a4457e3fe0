"""Plans of tests as trees of a few readable shapes."""

import itertools
from collections.abc import Sequence
from typing import Any, Literal

import attrs

from stroem.engine.plan import TaskPlan
from stroem.interfaces.nodes import ITEMS, ROOT, Condition, Edge, Node, Outcome, RetryPolicy, Slot

How = Literal["success", "failure", "ended", "always", "skipped", "rescue"]
HOWS: dict[How, tuple[Outcome, ...]] = {
    "success": ("completed",),
    "failure": ("failed",),
    "ended": ("completed", "failed"),
    "always": ("completed", "failed", "skipped", "cancelled"),
    "skipped": ("skipped",),
    "rescue": ("failed",),
}


class _Drawn:
    """Text of a tree: its class, its name, and the fields that differ from their defaults."""

    def __repr__(self) -> str:
        shown = []
        for field in attrs.fields(type(self)):  # type: ignore[misc]
            value = getattr(self, field.name)
            if field.name == "name" or value != field.default:
                shown.append(repr(value) if field.name in ("name", "parts") else f"{field.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # hypothesis would list every field of an attrs class


@attrs.frozen(repr=False)
class Tree(_Drawn):
    """A part of a plan. `when` is a template, `tolerant` and `optional` are as those of a node."""

    name: str
    when: str | None = attrs.field(default=None, kw_only=True)
    tolerant: bool = attrs.field(default=False, kw_only=True)
    optional: bool = attrs.field(default=False, kw_only=True)
    writes: dict[str, str] = attrs.field(default={}, kw_only=True)
    timeout: int | None = attrs.field(default=None, kw_only=True)


@attrs.frozen(repr=False)
class Do(Tree):
    """An action. `does` is one word for each attempt (`ok`, `fail`, `lost`, `odd`); the last one repeats.

    `lost` is a lost worker; `odd` fails in iterations of an odd index.
    """

    does: str = "ok"
    attempts: int = 1
    delay: float = 0
    backoff: Literal["fixed", "exponential"] = "fixed"
    slot: str | None = None


@attrs.frozen(repr=False)
class Child(Tree):
    """A job of another task. `does` is as that of `Do`; with `refused` no job can be made."""

    does: str = "ok"
    attempts: int = 1
    delay: float = 0
    backoff: Literal["fixed", "exponential"] = "fixed"


@attrs.frozen(repr=False)
class Wait(Tree):
    """A timer."""

    seconds: int = 10


@attrs.frozen(repr=False)
class Signal(Tree):
    """A step that waits for a named message."""

    signal: str = "go"


@attrs.frozen(repr=False)
class Approval(Tree):
    """A step that waits for an approval: `does` is `ok` or `fail`."""

    does: str = "ok"


@attrs.frozen(repr=False)
class Assign(Tree):
    """A step that the server evaluates: `writes` set keys of the context."""


@attrs.frozen(repr=False)
class Switch(Tree):
    """A choice. The edges from it take the `tests` in their order; one without a test always fits."""

    tests: tuple[str, ...] = ()


@attrs.frozen(repr=False)
class Link(_Drawn):
    """An edge between two parts of a DAG, by their names. `asked`: it is a condition too, so that it must be taken."""

    source: str
    to: str
    how: How = "success"
    asked: bool = False

    def __repr__(self) -> str:
        arrow = "->" if self.how == "success" else f"-{self.how}->"
        return f"{self.source} {arrow}{'!' if self.asked else ''} {self.to}"


@attrs.frozen(repr=False)
class Dag(Tree):
    """A block of parts that start when the edges to them allow it. Edges lead to later parts."""

    parts: tuple[Tree, ...]
    links: tuple[Link, ...] = ()


@attrs.frozen(repr=False)
class Machine(Tree):
    """A block of states that follow each other, for so many `rounds`.

    After the states, `count` adds one to the context, and `check` goes back to the first state or on to `final`.
    A failed state goes on at `final` if it is `caught`.
    """

    parts: tuple[Tree, ...]
    rounds: int = 1
    caught: bool = False


@attrs.frozen(repr=False)
class Loop(Tree):
    """A loop over `items` (a list, or `items:3`), or for `rounds`, by a condition to go on or one to end (`until`)."""

    body: Tree
    items: Any = None
    rounds: int | None = None
    until: bool = False
    limit: int | None = None
    stops: bool = False
    aborts: bool = False
    most: int = ITEMS


@attrs.frozen(repr=False)
class Try(Tree):
    """A block with a body, a handler of its failure, and a cleanup."""

    body: Tree
    catch: Tree | None = None
    finish: Tree | None = None


def seq(name: str, *parts: Tree) -> Dag:
    """Parts of which each starts when the one before it has completed."""
    return Dag(name, parts, tuple(Link(a.name, b.name) for a, b in itertools.pairwise(parts)))


def plan_of(tree: Tree, max_steps: int = 100_000) -> TaskPlan:
    """The plan of a tree. The parts of an outermost DAG, machine or try stand in the job itself."""
    builder = _Builder()
    if isinstance(tree, Dag | Machine | Try):
        builder.fill(tree, ROOT, False)
    else:
        builder.add(tree, ROOT, False, entry=True)
    return TaskPlan(task="t", nodes=builder.nodes(), actions={}, max_steps=max_steps)


class _Builder:
    """Nodes of a plan, with their edges, as they are added."""

    def __init__(self) -> None:
        self._fields: list[dict[str, Any]] = []

    def nodes(self) -> tuple[Node, ...]:
        for fields in self._fields:
            fields["incoming"] = sum(e.to == fields["at"] for f in self._fields for e in f["edges"])
        return tuple(
            Node(**{k: tuple(v) if k in ("edges", "conditions") else v for k, v in f.items() if k != "at"})
            for f in self._fields
        )

    def add(self, tree: Tree, parent: int, cleanup: bool, **more: Any) -> int:
        """Adds the node of a part, and the nodes inside it; its number."""
        at = len(self._fields)
        fields = {"at": at, "name": tree.name, "parent": parent, "cleanup": cleanup, "edges": [], "when": tree.when}
        fields |= {"tolerant": tree.tolerant, "optional": tree.optional, "writes": dict(tree.writes)}
        self._fields.append(fields | {"timeout": tree.timeout} | _own_fields(tree) | more)
        if isinstance(tree, Dag | Machine | Try):
            self.fill(tree, at, cleanup)
        elif isinstance(tree, Loop):
            self.add(tree.body, at, cleanup, entry=True)
        return at

    def link(self, source: int, to: int, how: Sequence[Outcome], **more: Any) -> None:
        self._fields[source]["edges"].append(Edge(to=to, on=tuple(how), **more))

    def fill(self, tree: Dag | Machine | Try, parent: int, cleanup: bool) -> None:
        """Adds the parts of a block to the scope `parent`."""
        if isinstance(tree, Dag):
            self._dag(tree, parent, cleanup)
        elif isinstance(tree, Machine):
            self._machine(tree, parent, cleanup)
        else:
            self._try(tree, parent, cleanup)

    def _dag(self, tree: Dag, parent: int, cleanup: bool) -> None:
        targets = {link.to for link in tree.links}
        numbers = {part.name: self.add(part, parent, cleanup, entry=part.name not in targets) for part in tree.parts}
        tests = {part.name: list(part.tests) for part in tree.parts if isinstance(part, Switch)}
        for link in tree.links:
            test = tests[link.source].pop(0) if tests.get(link.source) else None
            handles = link.how == "rescue"
            self.link(numbers[link.source], numbers[link.to], HOWS[link.how], test=test, handles=handles)
            if link.asked:
                condition = Condition(node=numbers[link.source], on=HOWS[link.how])
                self._fields[numbers[link.to]].setdefault("conditions", []).append(condition)

    def _machine(self, tree: Machine, parent: int, cleanup: bool) -> None:
        key = f"n_{tree.name}"
        extra = (Assign("count", writes={key: f"count:{key}"}), Switch("check"), Do("final"))
        states = [
            self.add(part, parent, cleanup, entry=number == 0, join="each")
            for number, part in enumerate((*tree.parts, *extra))
        ]
        *_, count, check, final = states
        for state, following in itertools.pairwise(states[:-1]):
            self.link(state, following, ("completed", "skipped"))
            if tree.caught and state != count:
                self.link(state, final, ("failed",), handles=True)
        self.link(check, states[0], ("completed",), test=f"below:{key}:{tree.rounds}")
        self.link(check, final, ("completed",))

    def _try(self, tree: Try, parent: int, cleanup: bool) -> None:
        body = self.add(tree.body, parent, cleanup, entry=True)
        last: list[tuple[int, tuple[Outcome, ...]]] = [(body, ("completed", "failed", "skipped", "cancelled"))]
        if tree.catch is not None:
            catch = self.add(tree.catch, parent, cleanup, join="each")
            self.link(body, catch, ("failed",), handles=True)
            last = [(body, ("completed", "skipped", "cancelled")), (catch, last[0][1])]
        if tree.finish is not None:
            finish = self.add(tree.finish, parent, True, join="each")
            for source, how in last:
                self.link(source, finish, how)


def _own_fields(tree: Tree) -> dict[str, Any]:
    """The fields of a node that only parts of this shape have."""
    match tree:
        case Do():
            slot = None if tree.slot is None else Slot(key=tree.slot)
            return {"kind": "action", "action": tree.does, "retry": _retry(tree), "slot": slot}
        case Child():
            return {"kind": "task", "task": tree.does, "retry": _retry(tree)}
        case Wait():
            return {"kind": "wait", "input": {"secs": tree.seconds}}
        case Signal():
            return {"kind": "signal", "input": {"name": tree.signal}}
        case Approval():
            return {"kind": "approval", "action": tree.does, "input": {"message": "Go on?"}}
        case Assign():
            return {"kind": "assign"}
        case Switch():
            return {"kind": "choice"}
        case Loop():
            test = None if tree.rounds is None else f"{'until' if tree.until else 'rounds'}:{tree.rounds}"
            tests = {"until" if tree.until else "again": test}
            fields = {"items": tree.items, "limit": tree.limit, "stops": tree.stops, "aborts": tree.aborts}
            return {"kind": "loop", "output": "list", "most": tree.most, **fields, **tests}
    return {"kind": "block"}


def _retry(tree: Do | Child) -> RetryPolicy | None:
    if tree.attempts == 1:
        return None
    return RetryPolicy(attempts=tree.attempts, delay=tree.delay, backoff=tree.backoff)
