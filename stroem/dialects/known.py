"""What validation is told about the world outside the workflow files."""

from collections.abc import Collection, Mapping

import attrs


@attrs.frozen(kw_only=True)
class Known:
    """`runners`: the name of every runner there is, and the class of its options if it has any.

    `files`: the paths of all files of the workspace; empty means that they are not known, so that paths are not
    checked.
    """

    runners: Mapping[str, type | None]
    files: Collection[str] = ()
