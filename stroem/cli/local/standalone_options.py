"""Options of a database, server and worker in one process."""

from collections.abc import Mapping
from pathlib import Path

import attrs


@attrs.frozen(kw_only=True)
class StandaloneOptions:
    """Folders, address and settings of `standalone`.

    `workspaces` are folders by name, beside those of the file `config`. Its other settings override these options,
    variables in `environ` override both. Port 0 is any free port.
    """

    data_dir: Path
    worker_token: str = attrs.field(repr=False)
    workspaces: Mapping[str, Path]
    host: str = "127.0.0.1"
    port: int = 0
    max_concurrent: int = 16
    config: Path | None = None
    environ: Mapping[str, str] = attrs.field(repr=False)
