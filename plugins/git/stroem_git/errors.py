"""Errors of git sources, with advice."""

import re
import socket
from typing import Literal

from stroem_git.requests import Target

Kind = Literal["unavailable", "ref_unknown", "rejected"]

_ERROR_LENGTH = 300

# Classes of libgit2's errors that tell of the way to the remote, not of what lies in the clone.
_NET, _SSL, _SSH, _HTTP, _OS, _CALLBACK = 12, 16, 23, 34, 2, 26
_REMOTE_CLASSES = frozenset((_NET, _SSL, _SSH, _HTTP, _OS, _CALLBACK))


class Failure(Exception):
    """A fetch that cannot be done; the message is for people. `revision` is set when it was rejected."""

    def __init__(self, message: str, kind: Kind = "unavailable", revision: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.revision = revision


class CloneBroken(Exception):
    """The local clone is damaged or incomplete; a new clone may help."""


def is_remote(error: Exception) -> bool:
    """Whether the way to the remote failed, rather than the local clone."""
    return isinstance(error, Failure) or getattr(error, "error_class", None) in _REMOTE_CLASSES


def is_disk(error: Exception) -> bool:
    """Whether the disk with the local clones is to blame."""
    return _DISK.search(str(error)) is not None


def explain(error: Exception, target: Target) -> Failure:
    """The failure behind an error of libgit2 on the way to a remote."""
    if isinstance(error, Failure):
        return error
    said = said_by(error, target)
    for pattern, message in _EXPLAINED:
        if re.search(pattern, said, re.IGNORECASE):
            return Failure(message.format(place=target.place, said=said, secs=f"{target.timeout_secs:g}"))
    return Failure(f"{target.place} could not be read: {said}. Look at the address and at the host")


def bad_certificate(target: Target) -> Failure:
    """The failure for a TLS certificate that is not to be trusted."""
    return Failure(
        f"the TLS certificate of {target.place} is not good: nobody that we trust has signed it, it is for another "
        "name, or it has expired. For a CA of your own set `ca_bundle`"
    )


def unreachable(error: OSError, target: Target) -> Failure:
    """The failure of a host with which no connection could be made."""
    if isinstance(error, TimeoutError):
        return explain(Exception("timed out"), target)
    if isinstance(error, socket.gaierror):
        return explain(Exception("could not resolve"), target)
    return explain(Exception(f"failed to connect: {error.strerror or error}"), target)


def printable(text: str) -> str:
    """The text as one line of bounded length, without control characters."""
    line = "".join(report_alive if report_alive.isprintable() else " " for report_alive in text).strip().rstrip(".")
    return line if len(line) <= _ERROR_LENGTH else line[:_ERROR_LENGTH] + "…"


def said_by(error: Exception, target: Target) -> str:
    """The message of an error, in one line and without the folders of this machine."""
    said = str(error)
    for folder in filter(None, (target.clone, target.url if target.scheme == "file" else "")):
        said = said.replace(folder, "…")
    return printable(said)


def damaged(error: Exception, target: Target) -> Failure:
    """The failure of a repository with missing or unreadable objects."""
    where = "the repository" if target.scheme == "file" else f"the repository on {target.place}"
    return Failure(f"{where} is damaged: {said_by(error, target)}. Push what is missing again, or restore it")


def disk_failure(error: OSError) -> Failure:
    """The failure behind an error of the file system that holds the clones."""
    said = error.strerror or "the disk failed"
    return Failure(f"the local clone cannot be written: {said}. Look at the server's `cache_dir`, its disk and rights")


_FULL = r"no space left|disk quota"
_DISK = re.compile(rf"{_FULL}|read-only file system|file too large", re.IGNORECASE)

_EXPLAINED = (
    (
        _FULL,
        "the disk with the local clones is full ({said}). Make room in the server's `cache_dir`",
    ),
    (
        r"read-only file system|permission denied.*objects|file too large",
        "the local clone cannot be written ({said}). Look at the server's `cache_dir`",
    ),
    (
        r"too many redirects or authentication replays",
        "{place} sends us on again and again (a redirect loop). Look at `url`, and at the host",
    ),
    (
        r"status code: 401|authentication required but no callback",
        "{place} does not accept the credentials. Look at `auth`",
    ),
    (
        r"status code: 403",
        "{place} refuses access (403). The credentials under `auth` may lack the right to read this repository, "
        "or too many requests were made",
    ),
    (
        r"status code: (404|410)",
        "{place} knows no such repository (404). Look at `url`; hosts also say so when the credentials "
        "under `auth` are missing or may not read it",
    ),
    (r"status code: 429", "{place} says that too many requests were made (429). It is tried again later"),
    (r"status code: 5\d\d", "{place} is out of order: {said}. It is tried again later"),
    (
        r"object.?format|sha256",
        "{place} keeps its objects by SHA-256, which is not supported. Use a repository with SHA-1",
    ),
    (
        r"timed out|timeout",
        "{place} does not answer ({secs} s). Look at the host, the network and `timeout_secs`",
    ),
    (
        r"failed to resolve address|could not resolve|name or service",
        "the name of {place} cannot be resolved. Look at `url` and at the name server",
    ),
    (
        r"failed to connect|connection refused|no route|network is unreachable",
        "{place} cannot be reached: {said}. Look at the host, the port and the network",
    ),
    (
        r"repository .*not (exist|found)|does not appear to be a git repo|could not find repository|not found: ",
        "{place} knows no such repository, or the credentials may not read it ({said}). Look at `url` and `auth`",
    ),
    (
        r"invalid credential type|callback returned unsupported credentials|username does not match|"
        r"failed to authenticate|authentication failed|unable to (exchange|send userauth)|"
        r"combination invalid|no auth sock|wrong passphrase|unable to extract public key|"
        r"unable to initialize private key|method unavailable",
        "{place} does not accept the key, or the key cannot be read ({said}). Look at `auth`",
    ),
    (
        r"could not read from remote|unexpected end|connection reset|broken pipe|failed to read|stream closed|eof|"
        r"incomplete pack|premature|indexer|socket disconnect|unable to parse|malformed|pkt-line|invalid content-type",
        "{place} broke off or sent what is not git ({said}). It is tried again",
    ),
)
