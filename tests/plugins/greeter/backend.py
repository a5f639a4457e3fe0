"""Builds the wheel. A build backend of its own keeps the tests off the network; a real plugin uses hatchling."""

import zipfile
from pathlib import Path

NAME = "stroem_greeter-1.2.3"
METADATA = "Metadata-Version: 2.1\nName: stroem-greeter\nVersion: 1.2.3\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
ENTRY_POINTS = """\
[stroem]
greeter = stroem_greeter
greeter-broken = stroem_greeter.broken
greeter-misspelt = stroem_greeter.misspelt
greeter-wrong = stroem_greeter.wrong
"""


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """PEP 517: writes the wheel and returns its name."""
    name = f"{NAME}-py3-none-any.whl"
    files = {path.as_posix(): path.read_text() for path in sorted(Path("stroem_greeter").glob("*.py"))}
    files[f"{NAME}.dist-info/METADATA"] = METADATA
    files[f"{NAME}.dist-info/WHEEL"] = WHEEL
    files[f"{NAME}.dist-info/entry_points.txt"] = ENTRY_POINTS
    files[f"{NAME}.dist-info/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{NAME}.dist-info/RECORD"])
    with zipfile.ZipFile(Path(wheel_directory, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name
