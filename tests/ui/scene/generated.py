"""Workflow files of workspaces that are not written by hand."""

import random
from collections.abc import Iterator

_THEMES = {
    "data-platform": ("lake", "streams", "quality"),
    "customer-mail": ("campaigns", "digests", "lists"),
    "ml-ranking": ("training", "features", "evaluation"),
    "search-index": ("index", "synonyms", "relevance"),
    "finance-close": ("ledger", "vat", "reports"),
    "security": ("scan", "keys", "audit"),
    "lab": ("experiments", "notebooks", "samples"),
    "partners": ("sftp", "feeds", "contracts"),
    "reports": ("weekly", "monthly", "boards"),
    "support": ("tickets", "surveys", "escalations"),
    "payments": ("refunds", "settlements", "fraud"),
    "iot": ("firmware", "telemetry", "devices"),
    "hr": ("accounts", "payroll", "training"),
    "docs": ("links", "search", "builds"),
}
_NAMED = {
    "ml-ranking": ("train-nightly", "embed-backfill", "evaluate"),
    "search-index": ("delta", "rebuild"),
    "customer-mail": ("send-digest", "send-campaign"),
    "data-platform": ("compact",),
    "finance-close": ("reconcile",),
    "security": ("scan-images",),
}
_VERBS = (
    ("load", "Loads new rows", "rows loaded"),
    ("check", "Checks what came in", "checks passed"),
    ("sync", "Brings both sides together", "records changed"),
    ("archive", "Archives what is older than a month", "files archived"),
    ("report", "Writes the report of a day", "lines in the report"),
    ("clean", "Deletes what nobody needs", "objects deleted"),
    ("export", "Exports to the partners", "documents exported"),
    ("rebuild", "Builds everything anew", "parts built"),
    ("notify", "Tells those who asked for it", "messages sent"),
)
_FAULTS = (
    ("connection reset by db.int.example:5432", 75),
    ("HTTP 503 from api.partner.example after five tries", 75),
    ("column amount: 12 values are no numbers", 65),
    ("permission denied: role loader may not write", 13),
    ("killed: more than 2 GiB of memory", 137),
)
_SCHEDULES = ("*/15 * * * *", "0 * * * *", "30 2 * * *", "0 6 * * MON-FRI", "45 */6 * * *")
WORKSPACES = tuple(_THEMES)
PER_WORKSPACE = 27


def files(workspace: str, count: int = PER_WORKSPACE) -> dict[str, bytes]:
    """The files of a workspace of that many tasks: a file for each, in folders by theme."""
    chosen = random.Random(workspace)
    return {
        f".workflows/{folder}/{name}.yaml": _task(name, verb, chosen) for folder, name, verb in _tasks(workspace, count)
    }


def _tasks(workspace: str, count: int) -> Iterator[tuple[str, str, tuple[str, str, str]]]:
    folders = _THEMES[workspace]
    named = _NAMED.get(workspace, ())
    for number in range(count):
        verb = _VERBS[number // len(folders) % len(_VERBS)]
        folder = folders[number % len(folders)]
        yield folder, named[number] if number < len(named) else f"{verb[0]}-{folder}", verb


def _task(name: str, verb: tuple[str, str, str], chosen: random.Random) -> bytes:
    _, description, noun = verb
    fault, code = chosen.choice(_FAULTS)
    done = chosen.randint(3, 400_000)
    parts = chosen.randint(2, 4)
    text = f"""\
tasks:
  {name}:
    description: {description}.
    timeout: 12h
    input:
      day: {{ type: date, default: "2026-11-26", description: The day that is worked on. }}
      limit: {{ type: integer, default: {done}, min: 1, description: The largest number. }}
      drill: {{ type: string, options: [none, exit, hang], default: none }}
    flow:
      prepare:
        type: script
        script: |
          echo "{{{{ input.day }}}}, at most {{{{ input.limit }}}}"
          echo 'OUTPUT: {{"parts": {parts}}}'
      part:
        type: script
        depends_on: [prepare]
        for_each: {{ range: "{{{{ prepare.output.parts }}}}" }}
        script: echo "part {{{{ each.index }}}} of {{{{ each.total }}}}"
      finish:
        type: script
        depends_on: [part]
        retry: {{ max_attempts: 1, delay: 1, on: [exit], when: "input.drill == 'retry'" }}
        script: |
          {{% if input.drill == "exit" %}}echo "{fault}" >&2; exit {code}{{% endif %}}
          {{% if input.drill == "hang" %}}sleep 3600{{% endif %}}
          echo 'OUTPUT: {{"summary": "{done:,} {noun}"}}'
"""
    if chosen.random() < 0.4:
        text += f"""
triggers:
  {name}-schedule:
    type: scheduler
    task: {name}
    cron: "{chosen.choice(_SCHEDULES)}"
    timezone: Europe/Oslo
"""
    return text.encode()


def wide(steps: int) -> bytes:
    """A task of that many steps in layers of 20; each waits for two of the layer before it."""
    flow = []
    for number in range(steps):
        layer, place = divmod(number, 20)
        above = (layer - 1) * 20
        needs = f"s{above + place}, s{above + (place + 1) % 20}" if layer else ""
        flow.append(f"      s{number}: {{ type: script, script: 'echo {number}', depends_on: [{needs}] }}\n")
    return f"tasks:\n  wide:\n    description: A graph of {steps} steps.\n    flow:\n{''.join(flow)}".encode()
