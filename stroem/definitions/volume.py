"""Folder that the steps of a job share."""

import attrs


@attrs.frozen(kw_only=True)
class Volume:
    """One folder for all steps of a job, which then run on one worker.

    It is removed when the job has ended, or `keep` seconds later: until then, a re-run of some of the job's steps goes
    on in it.
    """

    keep: int = 0
