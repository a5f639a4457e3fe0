"""Problems of event sources: a consumer that is stopped or fails again and again, and dead letters."""

from collections.abc import Collection, Mapping

import attrs

from stroem.server.api.triggers.trigger_info import TriggerInfo
from stroem.store.statement import Connection
from stroem.store.triggers import consumers, dead_letters
from stroem.store.triggers.consumers import MANY_FAILURES, ConsumerRow


@attrs.frozen(kw_only=True)
class ConsumerProblems:
    """Consumers and numbers of dead letters, by workspace and trigger."""

    rows: Mapping[tuple[str, str], ConsumerRow]
    letters: Mapping[tuple[str, str], int]

    def added(self, workspace: str, info: TriggerInfo) -> TriggerInfo:
        """The trigger, with the problems of its consumer behind the problem that it has."""
        pair = (workspace, info.name)
        row, letters = self.rows.get(pair), self.letters.get(pair, 0)
        told = [
            info.problem,
            _problem(row) if row is not None and info.problem is None and info.state == "live" else None,
            f"{letters} dead letter{'' if letters == 1 else 's'}" if letters else None,
        ]
        return attrs.evolve(info, problem="; ".join(one for one in told if one) or None)


async def consumer_problems(connection: Connection, workspaces: Collection[str]) -> ConsumerProblems:
    """The problems of the event sources of workspaces."""
    return ConsumerProblems(
        rows=await consumers.of_workspaces(connection, workspaces),
        letters=await dead_letters.counts(connection, workspaces),
    )


def _problem(row: ConsumerRow) -> str | None:
    if row.state == "stopped":
        return "its consumer was cancelled, and stays stopped until the trigger is resumed"
    if row.state == "ended" and row.last_status != "completed":
        return "its consumer has failed, and stays ended until the trigger is resumed"
    if row.failures >= MANY_FAILURES:
        return f"its consumer has failed {row.failures} times in a row"
    return None
