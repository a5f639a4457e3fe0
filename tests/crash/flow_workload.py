"""Tasks with loops, groups, retries, hooks and state, and what their steps are to leave behind."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from tests.crash.notes import write_shell
from tests.crash.shared_tasks import PAGES, PAIR, SHARED_TASKS, WORKFLOWS, shared_outputs

SIGNAL, ITEMS, CHILDREN, PARTS = "go", 5, 3, 2
REGIONS = ("eu", "us", "ap")

HOOKS: Mapping[str, Sequence[str]] = {
    status: (f"first-{status}", f"second-{status}") for status in ("completed", "failed", "cancelled")
}
"""The lines that the hooks of a job print, by its status."""

_TASKS = """\
actions:
  tell:
    type: script
    input: { text: { type: string, required: true } }
    script: |
      . ./note.sh
      echo 'OUTPUT: {{ input.text | json_encode }}'
      note ends

tasks:
  loop:
    input: INPUT
    retry: { attempts: 2, delay: 1 }
    flow:
      list:
        type: script
        retry: RETRY
        script: |
          . ./note.sh
          echo 'OUTPUT: [0, 1, 2, 3, 4]'
          note ends
      work:
        depends_on: [list]
        for_each: list.output
        max_concurrency: 2
        type: script
        retry: RETRY
        script: |
          . ./note.sh
          sleep {{ input.pause }}
          {% if each.index == 1 %}fail_once{% endif %}
          echo 'OUTPUT: {"number": {{ input.number + each.item }}, "index": {{ each.index }}}'
          note ends
      poll:
        until: output.round >= 2
        type: script
        retry: RETRY
        script: |
          . ./note.sh
          echo 'OUTPUT: {"round": {{ each.index }}}'
          note ends
      last:
        depends_on: [work, poll]
        type: script
        script: |
          . ./note.sh
          LAST
          echo 'OUTPUT: {{ work.output | json_encode }}'
          note ends
    finally: FINALLY
    HOOKS

  nested:
    input: INPUT
    flow:
      region:
        for_each: [eu, us, ap]
        max_concurrency: 2
        steps:
          build:
            type: script
            retry: RETRY
            script: |
              . ./note.sh
              sleep {{ input.pause }}
              echo 'OUTPUT: "{{ each.item }}-{{ input.number }}"'
              note ends
          parts:
            depends_on: [build]
            steps:
              part:
                for_each: { range: 2 }
                type: script
                retry: RETRY
                script: |
                  . ./note.sh
                  {% if each.index == 0 %}fail_once{% endif %}
                  echo 'OUTPUT: "{{ build.output }}/{{ each.index }}"'
                  note ends
              join:
                depends_on: [part]
                type: script
                retry: RETRY
                script: |
                  . ./note.sh
                  echo 'OUTPUT: {{ part.output | json_encode }}'
                  note ends
          poll:
            until: output.round >= 1
            type: script
            retry: RETRY
            script: |
              . ./note.sh
              echo 'OUTPUT: {"round": {{ each.index }}}'
              note ends
      last:
        depends_on: [region]
        type: script
        script: |
          . ./note.sh
          LAST
          echo 'OUTPUT: {{ region.output | json_encode }}'
          note ends
    finally: FINALLY
    HOOKS

  parent:
    input: INPUT
    retry: { attempts: 3, delay: 1 }
    flow:
      children:
        for_each: { range: 3 }
        max_concurrency: 2
        type: task
        task: child
        input: { number: "{{ input.number + each.item }}", pause: "{{ input.pause }}", fails: 0 }
      quiet: { type: wait, for: 1s }
      go: { type: signal, signal: go, depends_on: [quiet] }
      last:
        depends_on: [children, go]
        type: script
        script: |
          . ./note.sh
          LAST
          echo 'OUTPUT: {{ children.output | json_encode }}'
          note ends
    finally: FINALLY
    HOOKS

  child:
    input: INPUT
    retry: { attempts: 2, delay: 1 }
    flow:
      last:
        type: script
        retry: RETRY
        script: |
          . ./note.sh
          sleep {{ input.pause }}
          echo 'OUTPUT: {{ input.number }}'
          note ends
    finally: FINALLY
    HOOKS

  count:
    input: INPUT
    flow:
      last:
        type: script
        retry: RETRY
        script: |
          . ./note.sh
          sleep {{ input.pause }}
          echo 'STATE: {"number": {{ input.number }}}'
          {% if input.fails %}fail_once{% endif %}
          echo 'OUTPUT: {{ input.number }}'
          note ends
    HOOKS
"""
_PARTS = {
    "PAIR": PAIR,
    "INPUT": "{ number: { type: integer }, pause: { type: number }, fails: { type: integer } }",
    "RETRY": "{ max_attempts: 4, delay: 1 }",
    "LAST": 'f="JOURNAL/fails.{{ input.number }}"; touch "$f"; test "$(wc -l < "$f")" -ge {{ input.fails }} || '
    '{ echo >> "$f"; fail; }',
    "FINALLY": "{ clean: { type: script, script: '. ./note.sh; sleep 0.05; note ends' } }",
    "HOOKS": "\n    ".join(
        f"{key}: [{', '.join(f'{{ action: tell, input: {{ text: {text} }} }}' for text in HOOKS[status])}]"
        for key, status in (("on_success", "completed"), ("on_error", "failed"), ("on_cancel", "cancelled"))
    ),
}

TASKS = ("loop", "nested", "parent", "count", *SHARED_TASKS)
"""The tasks that clients ask for."""

ATTEMPTS: Mapping[str, int] = {"loop": 2, "parent": 3}
"""How often a task is started, if that is more than once."""

LOOPS: Mapping[str, int] = {"work": ITEMS, "region": len(REGIONS), "part": PARTS, "children": CHILDREN, "fetch": PAGES}
"""The number of items of a loop over a list, by its name."""

LIMITS: Mapping[str, int] = {"work": 2, "region": 2, "children": 2, "poll": 1}
"""How many items or rounds of a loop may run at once."""

ROUNDS: Mapping[str, int] = {"loop": 3, "nested": 2}
"""The number of rounds of `poll`, by task."""


@attrs.frozen(kw_only=True)
class FlowOrder:
    """A job as a client asks for it; `number` is 1000 more for each. Steps sleep `pause` seconds. `last` fails in the
    first `fails` jobs that reach it; in `count`, it fails once. The steps `pause_before` are paused from the start."""

    number: int
    task: str
    pause: float = 0.0
    fails: int = 0
    priority: int | None = None
    pause_before: tuple[str, ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        """The body of its request."""
        return {"input": self.input, "priority": self.priority, "pause_before": self.pause_before}

    @property
    def input(self) -> dict[str, Any]:
        return {"number": self.number, "pause": self.pause, "fails": self.fails}


def outputs(task: str, number: int) -> Mapping[str, Any]:
    """The output of each script, loop, group and sub-task of a job whose steps all complete, by path."""
    if task in SHARED_TASKS:
        return dict(shared_outputs(task, number))
    return dict({"loop": _loop, "nested": _nested, "parent": _parent}.get(task, _single)(number))


def _single(number: int) -> Iterator[tuple[str, Any]]:
    yield "last", number


def _loop(number: int) -> Iterator[tuple[str, Any]]:
    work = [{"number": number + index, "index": index} for index in range(ITEMS)]
    yield "list", list(range(ITEMS))
    yield "work", work
    yield from ((f"work[{index}]", output) for index, output in enumerate(work))
    yield from _rounds("poll", ROUNDS["loop"])
    yield "last", work


def _nested(number: int) -> Iterator[tuple[str, Any]]:
    regions = []
    for index, region in enumerate(REGIONS):
        path, image = f"region[{index}]", f"{region}-{number}"
        parts = [f"{image}/{part}" for part in range(PARTS)]
        regions.append({"parts": {"join": parts}, "poll": {"round": ROUNDS["nested"] - 1}})
        yield path, regions[-1]
        yield f"{path}.build", image
        yield f"{path}.parts", {"join": parts}
        yield f"{path}.parts~.part", parts
        yield from ((f"{path}.parts~.part[{part}]", output) for part, output in enumerate(parts))
        yield f"{path}.parts~.join", parts
        yield from _rounds(f"{path}.poll", ROUNDS["nested"])
    yield "region", regions
    yield "last", regions


def _parent(number: int) -> Iterator[tuple[str, Any]]:
    children = [{"last": number + index} for index in range(CHILDREN)]
    yield from ((f"children[{index}]", output) for index, output in enumerate(children))
    yield "children", children
    yield "go", {"for": number}
    yield "last", children


def _rounds(path: str, rounds: int) -> Iterator[tuple[str, Any]]:
    yield from ((f"{path}[{index}]", {"round": index}) for index in range(rounds))
    yield path, {"round": rounds - 1}


def write_flows(folder: Path, journal: Path) -> None:
    """Writes the tasks into a folder. Scripts note their begins, failures and ends below `journal`, a file for each."""
    (folder / ".workflows").mkdir(parents=True)
    journal.mkdir()
    for name, text in (("tasks", _TASKS), ("shared", WORKFLOWS)):
        for part, content in _PARTS.items():
            text = text.replace(part, content)
        (folder / ".workflows" / f"{name}.yaml").write_text(text.replace("JOURNAL", str(journal)))
    write_shell(folder, journal)
