"""Settings of `stroem up` from its options and its settings file."""

import json
from pathlib import Path

import attrs

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


def test_inputs_are_encrypted_by_a_key_in_the_data_folder_or_that_of_the_environment(tmp_path: Path) -> None:
    options = StandaloneOptions(data_dir=tmp_path, worker_token="t" * 40, workspaces={}, environ={})
    own = server_settings_for(options, URL)
    assert (own.encryption.is_set, own.secret_key_file) == (True, tmp_path / "secrets.key")
    given = server_settings_for(attrs.evolve(options, environ={"STROEM__ENCRYPTION__KEY_ENV": "STROEM_KEYS"}), URL)
    assert (given.encryption.is_set, given.secret_key_file) == (True, None)
