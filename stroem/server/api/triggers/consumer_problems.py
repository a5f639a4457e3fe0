"""Problems of event sources: a consumer that is stopped or fails again and again, and dead letters."""

from collections.abc import Mapping

import attrs

from stroem.server.api.triggers.trigger_info import TriggerInfo
from stroem.store.statement import Connection
from stroem.store.triggers import consumers, dead_letters
from stroem.store.triggers.consumers import MANY_FAILURES, ConsumerRow


@attrs.frozen(kw_only=True)
class ConsumerProblems:
    """The consumers of a workspace, and the numbers of dead letters, by trigger."""

    rows: Mapping[str, ConsumerRow]
    letters: Mapping[str, int]

    def added(self, info: TriggerInfo) -> TriggerInfo:
        """The trigger, with the problems of its consumer behind the problem that it has."""
        row, letters = self.rows.get(info.name), self.letters.get(info.name, 0)
        told = [
            info.problem,
            _problem(row) if row is not None and info.problem is None and info.state == "live" else None,
            f"{letters} dead letter{'' if letters == 1 else 's'}" if letters else None,
        ]
        return attrs.evolve(info, problem="; ".join(one for one in told if one) or None)


async def consumer_problems(connection: Connection, workspace: str) -> ConsumerProblems:
    """The problems of the event sources of a workspace."""
    return ConsumerProblems(
        rows=await consumers.of_workspace(connection, workspace),
        letters=await dead_letters.counts(connection, workspace),
    )


def _problem(row: ConsumerRow) -> str | None:
    if row.state == "stopped":
        return "its consumer was cancelled, and stays stopped until the trigger is resumed"
    if row.state == "ended" and row.last_status != "completed":
        return "its consumer has failed, and stays ended until the trigger is resumed"
    if row.failures >= MANY_FAILURES:
        return f"its consumer has failed {row.failures} times in a row"
    return None
