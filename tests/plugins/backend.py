"""Builds the wheel of a project of one package.

A build backend of its own keeps the tests off the network; a real plugin uses hatchling.
"""

import tomllib
import zipfile
from pathlib import Path

WHEEL = "Wheel-Version: 1.0\nGenerator: backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """PEP 517: writes the wheel and returns its name."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    package = project["name"].replace("-", "_")
    name = f"{package}-{project['version']}"
    points = "".join(f"{key} = {module}\n" for key, module in project["entry-points"]["stroem"].items())
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    files = {path.as_posix(): path.read_text() for path in sorted(Path(package).glob("*.py"))}
    files[f"{name}.dist-info/METADATA"] = metadata
    files[f"{name}.dist-info/WHEEL"] = WHEEL
    files[f"{name}.dist-info/entry_points.txt"] = f"[stroem]\n{points}"
    files[f"{name}.dist-info/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{name}.dist-info/RECORD"])
    with zipfile.ZipFile(Path(wheel_directory, f"{name}-py3-none-any.whl"), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return f"{name}-py3-none-any.whl"
