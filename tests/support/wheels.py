"""Wheels made by hand, which are installed without a network."""

import zipfile
from pathlib import Path

_METADATA = "Metadata-Version: 2.1\nName: greeting\nVersion: {version}\n"
_WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def add_wheel(folder: Path, version: str, text: str) -> Path:
    """A wheel of the package `greeting`."""
    folder.mkdir(exist_ok=True)
    file = folder / f"greeting-{version}-py3-none-any.whl"
    info = f"greeting-{version}.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("greeting.py", f"TEXT = {text!r}\n")
        archive.writestr(f"{info}/METADATA", _METADATA.format(version=version))
        archive.writestr(f"{info}/WHEEL", _WHEEL)
        names = ("greeting.py", f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD")
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    return file
