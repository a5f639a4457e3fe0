"""A Docker Engine for the tests of this plugin, with an image made from busybox."""

import contextlib
import io
import os
import shutil
import socket as socket_module
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

IMAGE = "stroem-test/busybox:1"
START_SECS = 60


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Docker Engine of the tests' own."""
    daemon, busybox = shutil.which("dockerd", path=f"{os.environ['PATH']}:/usr/sbin"), shutil.which("busybox")
    if daemon is None or busybox is None or os.geteuid() != 0:
        pytest.skip("needs root, dockerd and a static busybox: apt-get install docker.io busybox-static")
    folder = tmp_path_factory.mktemp("docker")
    address = f"unix://{folder}/socket"
    command = [daemon, "--host", address, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]
    with Path(folder, "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--pidfile", f"{folder}/pid", "--bridge", "none", "--iptables=false"], stdout=log, stderr=log
        )
    try:
        _await(folder / "socket", process, folder / "log")
        with contextlib.closing(docker.APIClient(address, version="auto")) as client:
            client.import_image_from_data(_root_file_system(busybox), *IMAGE.split(":"))
        yield address
    finally:
        process.terminate()
        process.wait()


def _await(socket: Path, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Waits until the daemon takes connections. Fails the tests when it does not."""
    for _ in range(START_SECS * 10):
        with contextlib.suppress(OSError), socket_module.socket(socket_module.AF_UNIX) as connection:
            return connection.connect(str(socket))
        if process.poll() is not None:
            break
        time.sleep(0.1)  # nobody tells when the daemon listens
    pytest.fail(f"dockerd did not start: {log.read_text()[-2000:]}")


def _root_file_system(busybox: str) -> bytes:
    made = io.BytesIO()
    names = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.add(busybox, "bin/busybox")
        for name in names:
            if name != "busybox":
                link = tarfile.TarInfo(f"bin/{name}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(link)
        for folder, mode in (("tmp", 0o1777), ("etc", 0o755), ("proc", 0o755), ("root", 0o700)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            archive.addfile(entry)
    return made.getvalue()
