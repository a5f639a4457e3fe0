"""A git server over SSH on loopback: a real sshd with keys of its own."""

import contextlib
import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.support.programs import free_port

_PLACES = ("/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd")


@attrs.frozen
class SshServer:
    """An sshd in `folder`; the private key `key` logs in as `user`."""

    folder: Path
    port: int

    @property
    def user(self) -> str:
        """The user of the tests."""
        return getpass.getuser()

    @property
    def key(self) -> Path:
        """A private key that may log in, beside its public key."""
        return self.folder / "user_key"

    @property
    def known_hosts(self) -> str:
        """The line for the host's key."""
        kind, key, *_ = (self.folder / "host_key.pub").read_text().split()
        return f"[127.0.0.1]:{self.port} {kind} {key}\n"

    def url(self, repository: Path) -> str:
        """The address of a repository on this machine."""
        return f"ssh://{self.user}@127.0.0.1:{self.port}{repository}"

    def allow(self, key: Path) -> None:
        """Accepts one more key."""
        with (self.folder / "authorized_keys").open("a") as file:
            file.write(key.with_suffix(".pub").read_text())


def make_key(file: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    """A key pair."""
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", str(file), "-C", "test"]
    subprocess.run([*command, *(["-b", "2048"] if kind == "rsa" else [])], check=True)
    return file


def find_sshd() -> str:
    """The path of sshd. Without one the test is skipped, in CI it fails."""
    found = shutil.which("sshd") or next((place for place in _PLACES if Path(place).exists()), None)
    if found is None:
        message = "sshd is missing. On Debian: apt-get install openssh-server"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@contextlib.contextmanager
def ssh_server(folder: Path, *, port: int | None = None) -> Iterator[SshServer]:
    """Runs an sshd with new keys on loopback during the block."""
    program = find_sshd()
    folder.mkdir(parents=True, exist_ok=True)
    make_key(folder / "host_key")
    make_key(folder / "user_key")
    shutil.copy(folder / "user_key.pub", folder / "authorized_keys")
    server = SshServer(folder, port or free_port())
    config = folder / "sshd_config"
    config.write_text(_config(server))
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    command = [program, "-D", "-e", "-f", str(config)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait_until_it_listens(process)
            yield server
        finally:
            process.terminate()
            process.communicate()


def _config(server: SshServer) -> str:
    lines = {
        "ListenAddress": f"127.0.0.1:{server.port}",
        "HostKey": server.folder / "host_key",
        "AuthorizedKeysFile": server.folder / "authorized_keys",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PermitRootLogin": "prohibit-password",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "MaxStartups": "1000",
        "SetEnv": "SHLVL=2",  # a shell below another one does not read the user's .bashrc
    }
    return "".join(f"{key} {value}\n" for key, value in lines.items())


def _wait_until_it_listens(process: "subprocess.Popen[str]") -> None:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if "Server listening" in line:
            return
    raise AssertionError(f"sshd did not start: {said}")
