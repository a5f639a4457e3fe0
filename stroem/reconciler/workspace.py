"""What is remembered of a workspace between two rounds."""

import asyncio

import attrs

from stroem.definitions.problem import Problem
from stroem.definitions.release import Release
from stroem.definitions.workspace import Definitions
from stroem.dialects.document import ParsedFile
from stroem.dialects.validation import Validation
from stroem.interfaces.source import Snapshot, Source
from stroem.store.releases import WorkspaceRow


@attrs.frozen(kw_only=True)
class Verdict:
    """What came of a revision. It became current unless `error` is set."""

    revision: str
    error: str | None = None
    problems: tuple[Problem, ...] = ()


@attrs.define(kw_only=True, eq=False)
class Workspace:
    """A workspace as the reconciler holds it.

    The contents of all files of `snapshot` are in the blob store. `files` are its workflow files, parsed.
    `verdict` is None when the snapshot has not been judged against the current release. `stored` is
    the status that the database was last told.
    """

    name: str
    source: Source
    poll_interval: float
    snapshot: Snapshot | None = None
    files: dict[str, ParsedFile] = attrs.Factory(dict)
    validation: Validation | None = None
    verdict: Verdict | None = None
    release: Release | None = None
    definitions: Definitions | None = None
    stored: WorkspaceRow | None = None
    failures: int = 0
    wake: asyncio.Event = attrs.Factory(asyncio.Event)
    turn: asyncio.Lock = attrs.Factory(asyncio.Lock)
