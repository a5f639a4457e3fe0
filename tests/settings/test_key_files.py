"""Where a server keeps its keys."""

from pathlib import Path
from typing import Any

import pytest

from stroem.errors import SettingsError
from stroem.settings.loader import server_settings
from stroem.settings.server import ServerSettings

NAMES = ("server.key", "secrets.key", "audit.head")


def settings(**given: Any) -> ServerSettings:
    base = {"listen": "127.0.0.1:0", "db": {"url": "postgresql:///x"}, "worker_token": "t" * 32}
    return server_settings({**base, "blobs": {"url": "s3://bucket"}, **given}, {})


def files(found: ServerSettings) -> list[Path | None]:
    return [found.signing_key_file, found.secret_key_file, found.audit_head_file]


def test_keys_are_in_the_data_folder_and_not_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert files(settings()) == [tmp_path / ".stroem" / name for name in NAMES]
    data = {"log_storage": {"local_dir": str(tmp_path / "data")}}
    assert files(settings(**data)) == [tmp_path / "data" / name for name in NAMES]
    assert files(settings(**data, cache_dir=str(tmp_path / "c"))) == [tmp_path / "data" / name for name in NAMES]


def test_keys_are_in_the_cache_if_no_other_folder_is_known(tmp_path: Path) -> None:
    assert files(settings(cache_dir=str(tmp_path / "c"))) == [tmp_path / "c" / name for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_at_its_former_place_stays_in_use_until_it_is_moved(tmp_path: Path, name: str) -> None:
    found = settings(log_storage={"local_dir": str(tmp_path)})
    former, place = tmp_path / "cache" / name, NAMES.index(name)
    former.parent.mkdir()
    former.touch()
    assert files(found)[place] == former
    assert [file.parent for file in files(found) if file is not None].count(tmp_path) == 2
    former.rename(tmp_path / name)
    assert files(found)[place] == tmp_path / name


def test_a_key_file_of_the_settings_has_the_others_beside_it(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "secrets.key").touch()
    given = {"log_storage": {"local_dir": str(tmp_path)}, "key_file": "/keys/own.key"}
    assert files(settings(**given)) == [Path("/keys/own.key"), Path("/keys/secrets.key"), Path("/keys/audit.head")]
    apart = settings(**given, encryption={"key_file": "/else/s.key"})
    assert apart.secret_key_file == Path("/else/s.key")


def test_keys_of_a_variable_have_no_file() -> None:
    found = settings(log_storage={"local_dir": "/data"}, encryption={"key_env": "STROEM_KEYS"})
    assert found.secret_key_file is None
    assert found.encryption.is_set
    assert not settings().encryption.is_set


@pytest.mark.parametrize(
    "given",
    [
        {"key_file": "/keys", "key_env": "STROEM_KEYS"},
        {"key_env": "KEYS"},
        {"key_env": "STROEM__KEYS"},
        {"key_env": "STROEM_"},
        {"key_env": ""},
    ],
)
def test_mistakes_in_the_variable_of_keys_are_told(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"encryption\.key_env"):
        settings(encryption=given)
