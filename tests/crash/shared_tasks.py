"""Tasks whose jobs share slots, results and files, or wait for people, and what their steps are to leave behind."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

LANES, LICENCES, CALLS = 1, 2, 3
"""The numbers of jobs of a lane, of jobs with the limit `db`, and of steps with the limit `api`, that run at once."""
PAGES, REMINDERS, LARGE = 4, 2, 1_200_000
_VARIANTS, _FIRST_NUMBERS = 3000, 20_000

SHARED_TASKS: Mapping[str, tuple[str, ...]] = {
    "lane": ("first", "last"),
    "preview": ("first", "last"),
    "licensed": ("fetch", "last"),
    "build": ("compile", "large", "last"),
    "gate": ("ask", "go", "last"),
}
"""The steps of each task."""

WORKFLOWS = """\
limits:
  db: 2
  api: { max: 3 }

actions:
  ask:
    type: approval
    message: "Go on with {{ input.number }}?"
    input: { number: { type: integer } }
    remind: [1s, 2s]

tasks:
  lane:
    input: INPUT
    priority: 3
    concurrency: { key: "{{ input.number % 2000 }}" }
    flow: PAIR
    finally: FINALLY
    HOOKS

  preview:
    input: INPUT
    concurrency: { policy: cancel_previous }
    flow: PAIR
    finally: FINALLY
    HOOKS

  licensed:
    input: INPUT
    limits: [db]
    flow:
      fetch:
        for_each: { range: 4 }
        limits: [api]
        type: script
        retry: { attempts: 5, delay: 1, on: [worker_lost, 3] }
        script: |
          . ./note.sh
          sleep {{ input.pause }}
          {% if each.index == 2 %}fail_once 3{% endif %}
          echo 'OUTPUT: {{ input.number + each.index }}'
          note ends
      last:
        depends_on: [fetch]
        type: script
        script: |
          . ./note.sh
          LAST
          echo 'OUTPUT: {{ fetch.output | json_encode }}'
          note ends
    finally: FINALLY
    HOOKS

  build:
    input: INPUT
    flow:
      compile:
        type: script
        retry: RETRY
        cache: { key: numbers }
        artifacts: [dist/**]
        script: |
          . ./note.sh
          mkdir dist
          seq {{ input.number % 3000 + 20000 }} > dist/numbers.txt
          echo {{ input.number % 3000 }} > "$ARTIFACTS_DIR/variant.txt"
          echo "variant={{ input.number % 3000 }}" >> "$STROEM_OUTPUT"
          echo 'OUTPUT: {"printed": true}'
          note ends
      large:
        type: script
        retry: RETRY
        script: |
          . ./note.sh
          { echo "text<<END"; head -c 1200000 /dev/zero | tr '\\0' x; echo; echo END; } >> "$STROEM_OUTPUT"
          note ends
      last:
        depends_on: [compile, large]
        type: script
        script: |
          . ./note.sh
          LAST
          echo 'OUTPUT: {"variant": "{{ compile.output.variant }}", "length": {{ large.output.text | length }}}'
          note ends
    finally: FINALLY
    HOOKS

  gate:
    input: INPUT
    flow:
      ask: { action: ask, input: { number: "{{ input.number }}" } }
      go: { type: signal, signal: go, payload: { for: { type: integer, required: true } }, depends_on: [ask] }
      last:
        depends_on: [go]
        type: script
        script: |
          . ./note.sh
          LAST
          echo 'OUTPUT: {{ go.output.for }}'
          note ends
    finally: FINALLY
    HOOKS
"""

PAIR = """
      first:
        type: script
        retry: RETRY
        script: |
          . ./note.sh
          sleep {{ input.pause }}
          echo 'OUTPUT: {{ input.number }}'
          note ends
      last:
        depends_on: [first]
        type: script
        script: |
          . ./note.sh
          LAST
          echo 'OUTPUT: {{ first.output }}'
          note ends\
"""


def shared_outputs(task: str, number: int) -> Iterator[tuple[str, Any]]:
    """The output of each script, loop and signal of a job whose steps all complete, by path."""
    if task == "licensed":
        pages = [number + page for page in range(PAGES)]
        yield from ((f"fetch[{index}]", page) for index, page in enumerate(pages))
        yield "fetch", pages
        yield "last", pages
    elif task == "build":
        variant = str(number % _VARIANTS)
        yield "compile", {"printed": True, "variant": variant}
        yield "large", {"text": "x" * LARGE}
        yield "last", {"variant": variant, "length": LARGE}
    elif task == "gate":
        yield "go", {"for": number}
        yield "last", number
    else:
        yield "first", number
        yield "last", number


def artifacts(number: int) -> Mapping[str, str]:
    """The SHA-256 of each artifact of the step `compile`, by name."""
    variant = number % _VARIANTS
    numbers = "".join(f"{n}\n" for n in range(1, variant + _FIRST_NUMBERS + 1))
    return {
        "dist/numbers.txt": hashlib.sha256(numbers.encode()).hexdigest(),
        "variant.txt": hashlib.sha256(f"{variant}\n".encode()).hexdigest(),
    }
