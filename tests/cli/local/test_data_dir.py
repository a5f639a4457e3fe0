"""The folder that `stroem up` keeps everything in."""

import stat

import pytest

from stroem.cli.local.data_dir import DataDir, default_data_dir
from stroem.cli.output.errors import Failure


def test_only_one_process_holds_it_and_the_other_is_told_who(tmp_path) -> None:
    place = DataDir(tmp_path)
    with place.locked():
        place.announce("http://127.0.0.1:1234")
        with pytest.raises(Failure, match=r"already up at http://127\.0\.0\.1:1234"), DataDir(tmp_path).locked():
            pass
    with DataDir(tmp_path).locked():
        pass


def test_the_token_stays_and_is_for_its_owner_only(tmp_path) -> None:
    place = DataDir(tmp_path)
    token = place.worker_token()
    assert len(token) >= 32
    assert DataDir(tmp_path).worker_token() == token
    assert stat.S_IMODE((tmp_path / "worker-token").stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_made_is_said(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match="cannot be used"), DataDir(tmp_path / "file" / "data").locked():
        pass


def test_it_lies_with_the_workflows_or_with_the_user(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert str(default_data_dir()) == "/data/stroem"
    (tmp_path / ".workflows").mkdir()
    assert default_data_dir() == tmp_path / ".stroem"
