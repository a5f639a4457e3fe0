"""Validators of plugin options."""

import pytest

from stroem.errors import SettingsError
from stroem.interfaces.options import check_secret


def test_a_secret_of_sixteen_characters_is_enough() -> None:
    class Named:
        name = "secret"

    check_secret(None, Named, "x" * 16)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="secret: must have at least 16 characters, has 15"):
        check_secret(None, Named, "x" * 15)  # type: ignore[arg-type]
