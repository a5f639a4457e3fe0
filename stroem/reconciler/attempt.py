"""One round of reconciling a workspace."""

import datetime
from collections.abc import Mapping

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.problem import Problem
from stroem.definitions.release import Change
from stroem.reconciler.workspace import Workspace
from stroem.store.database import Database


@attrs.frozen(kw_only=True)
class Tools:
    """What all rounds use. `runners` are the option classes of all runners, by name."""

    database: Database
    blobs: BlobStore
    runners: Mapping[str, type | None]


@attrs.define(kw_only=True, eq=False)
class Attempt:
    """What the steps of one round find out. `texts` are workflow files that were read in this round;
    `overtaken` says that another replica made a release meanwhile.
    """

    tools: Tools
    workspace: Workspace
    looked_at: datetime.datetime | None = None
    texts: dict[str, bytes] = attrs.Factory(dict)
    problems: tuple[Problem, ...] = ()
    changes: tuple[Change, ...] = ()
    overtaken: bool = False
