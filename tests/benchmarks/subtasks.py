"""Sub-tasks in sub-tasks: a job of jobs."""

from tests.benchmarks.bench import Bench
from tests.benchmarks.system import open_system
from tests.benchmarks.table import Row, at_most

NAME = "subtasks"
WIDTH = 100
PLAIN = 200
TARGET = 1.5

WORKFLOW = f"""\
tasks:
  leaf:
    flow:
      one: {{type: script, script: 'true'}}
  middle:
    input:
      width: {{type: integer, required: true}}
    flow:
      leaf: {{type: task, task: leaf, for_each: {{range: "{{{{ input.width }}}}"}}, max_concurrency: 16}}
  top:
    flow:
      middle:
        type: task
        task: middle
        for_each: {{range: {WIDTH}}}
        sequential: true
        input: {{width: {WIDTH}}}
  few:
    flow:
      middle: {{type: task, task: middle, input: {{width: {PLAIN}}}}}
"""


async def measure(bench: Bench) -> list[Row]:
    """The cost of a job among 10,000 nested ones, and among 200."""
    async with open_system(bench, NAME, {"nested.yaml": WORKFLOW}) as system:
        await system.client.run("few")
        few = await system.client.run("few")
        async with system.watched(NAME) as usage:
            many = await system.client.run("top")
    count = WIDTH * WIDTH
    few_ms, many_ms = few.ended / PLAIN * 1000, many.ended / count * 1000
    growth = many_ms / few_ms
    row = Row(
        line=f"{count:,} nested sub-tasks to {PLAIN}, a job",
        figure=f"{many_ms:.2f} ms",
        limit=f"{few_ms:.2f} ms",
        ratio=f"{growth:.2f}x",
        target=f"{TARGET}x",
        verdict=at_most(growth, TARGET),
        values={"many_ms": many_ms, "few_ms": few_ms, "growth": growth},
        notes=(f"a step in a job in a job in a job; {usage.note(count, 'job')}",),
    )
    return [row]
