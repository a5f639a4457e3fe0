"""Trust of a helper in hosts, as files that libgit2 reads."""

import hashlib
import os
import uuid
from pathlib import Path

from stroem.interfaces.source import SourceUnavailable
from stroem_git.address import Address
from stroem_git.helper.pool import Trust
from stroem_git.remotes.known_hosts import advice, has_entries, is_text

_USER_FILE = "~/.ssh/known_hosts"


def clone_folder(folder: Path, url: str) -> Path:
    """The folder of an address's clone below the folder of all clones."""
    return folder / hashlib.sha256(url.encode()).hexdigest()[:32]


def trust_in_bundle(bundle: Path, timeout_secs: float) -> Trust:
    """Trust in the certificates of a file alone. Raises `SourceUnavailable` when it cannot be read."""
    try:
        with bundle.open("rb") as file:
            if b"-----BEGIN CERTIFICATE-----" not in file.read():
                raise SourceUnavailable(f"{bundle} holds no certificate in PEM form. Look at `ca_bundle`")
            changed_ns = os.fstat(file.fileno()).st_mtime_ns
    except OSError as error:
        raise SourceUnavailable(f"{bundle} cannot be read: {error.strerror}. Look at `ca_bundle`") from None
    return Trust(ca_bundle=str(bundle.absolute()), ca_changed_ns=changed_ns, timeout_secs=timeout_secs)


def trust_in_hosts(folder: Path, address: Address, known_hosts: str | None, timeout_secs: float) -> Trust:
    """Trust in host keys of a file, of a text, or by default of the user's file. Raises `SourceUnavailable` when none
    is known.
    """
    home: str | None = None
    if known_hosts is None:
        file = Path(_USER_FILE).expanduser()
    elif is_text(known_hosts):
        home = str(_home(folder, known_hosts))
        file = Path(home) / ".ssh" / "known_hosts"
    else:
        file = Path(known_hosts).expanduser().absolute()
        home = str(_home(folder, file))
    if not has_entries(file):
        where = _USER_FILE if known_hosts is None else "`known_hosts`"
        raise SourceUnavailable(f"no host keys are known, in {where}. {advice(address.host, address.port)}")
    return Trust(home=home, timeout_secs=timeout_secs)


def _home(folder: Path, known_hosts: Path | str) -> Path:
    """A home folder for libssh2 with known hosts from a text or linked to a file."""
    home = folder / "trust" / hashlib.sha256(repr(known_hosts).encode()).hexdigest()[:32]
    file = home / ".ssh" / "known_hosts"
    if file.is_symlink() or file.exists():
        return home
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f"known_hosts.{uuid.uuid4().hex}")
        if isinstance(known_hosts, Path):
            fresh.symlink_to(known_hosts)
        else:
            fresh.write_text(known_hosts.strip() + "\n")
        fresh.replace(file)
    except OSError as error:
        raise SourceUnavailable(f"{file} cannot be written: {error.strerror}. Look at `cache_dir`") from None
    return home
