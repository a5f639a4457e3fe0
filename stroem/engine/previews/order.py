"""Order of nodes, for people."""

import heapq

from stroem.engine.plan import TaskPlan


def topological(plan: TaskPlan, scope: int) -> list[int]:
    """The nodes of a scope in topological order, else in the order of the flow; those in circles last."""
    numbers = plan.children(scope)
    unmet = {number: len(plan.dependencies[number]) for number in numbers}
    free = [number for number in numbers if not unmet[number]]
    order: dict[int, None] = {}
    while free:
        number = heapq.heappop(free)
        order[number] = None
        for dependent in dict.fromkeys(edge.to for edge in plan.node(number).edges):
            unmet[dependent] -= 1
            if not unmet[dependent]:
                heapq.heappush(free, dependent)
    return [*order, *(number for number in numbers if number not in order)]
