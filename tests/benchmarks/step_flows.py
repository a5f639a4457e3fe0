"""Tasks of equal steps."""


def step_flows(step: str, *, chain: int, fan: int) -> str:
    """A workflow file with a `chain` of steps, a `fan` of steps without order, and `one` alone.

    `step` is a step in YAML, without braces.
    """
    first = f"      s0: {{{step}}}"
    behind = [f"      s{number}: {{{step}, depends_on: [s{number - 1}]}}" for number in range(1, chain)]
    apart = [f"      s{number}: {{{step}}}" for number in range(fan)]
    flows = {"chain": [first, *behind], "fan": apart, "one": [first]}
    tasks = [f"  {name}:\n    flow:\n" + "\n".join(flow) for name, flow in flows.items()]
    return "tasks:\n" + "\n".join(tasks) + "\n"
