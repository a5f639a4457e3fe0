"""Settings of `stroem up` from its options and its settings file."""

import json
from pathlib import Path

from stroem.cli.local.standalone_options import StandaloneOptions
from stroem.cli.local.standalone_parts import server_settings_for, settings_file_for

URL = "postgresql://localhost/none"


def folder(path: str) -> dict[str, str]:
    return {"type": "folder", "path": path}


def test_workspaces_of_the_options_join_those_of_the_file(tmp_path: Path) -> None:
    config = tmp_path / "settings.json"
    config.write_text(json.dumps({"workspaces": {"one": folder("/file/one"), "two": folder("/file/two")}}))
    given = {"two": Path("/option/two"), "three": Path("/option/three")}
    options = StandaloneOptions(data_dir=tmp_path, worker_token="t" * 40, workspaces=given, config=config, environ={})
    settings = server_settings_for(options, URL, settings_file_for(options, URL))
    found = {name: str(one.options["path"]) for name, one in settings.workspaces.items()}
    assert found == {"one": "/file/one", "two": "/option/two", "three": "/option/three"}
