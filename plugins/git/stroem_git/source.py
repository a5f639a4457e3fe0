"""Source of a workspace or library in a git repository."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import attrs

from stroem.errors import SettingsError
from stroem.forges.web_pages import repository_page, revision_page
from stroem.interfaces.source import (
    FetchLimits,
    RefUnknown,
    Snapshot,
    Source,
    SourceRejected,
    SourceUnavailable,
    batches,
)
from stroem.records.push import Push
from stroem.records.release import FileEntry
from stroem_git.address import Address, parse_address, same_repository, shown
from stroem_git.auth import GitAuth
from stroem_git.helper.framing import Frame
from stroem_git.helper.pool import HELPERS, Trust
from stroem_git.helper.process import HelperDied, Silent
from stroem_git.helper.trust import clone_folder, trust_in_bundle, trust_in_hosts
from stroem_git.option_checks import find_mistakes
from stroem_git.remotes.refs import FULL_COMMIT, candidates, kind_of, mistake_in
from stroem_git.requests import FetchRequest, ReadRequest, Request, Target, request_to_dict
from stroem_git.snapshot import Known, take_over

_BATCH_FILES = 512


@attrs.define(kw_only=True, eq=False)
class GitSource(Source):
    """A repository at `url`, followed at `ref`: a branch, a tag, a full commit, or a name that begins with `refs/`.

    `path` is a folder in it that alone is the workspace. `depth` is how many commits are fetched, 0 for all;
    `timeout_secs` how long the remote may be silent. Certificates are checked against `ca_bundle` or the system's,
    host keys against `known_hosts` (a file or its text) or `~/.ssh/known_hosts`. With `trusted_keys`, or a file of
    them, commits must be signed by one of those.
    """

    name: ClassVar[str] = "git"

    url: str = attrs.field(repr=lambda url: repr(shown(url)))
    ref: str = "main"
    path: str = ""
    auth: GitAuth | None = None
    ca_bundle: Path | None = None
    known_hosts: str | None = attrs.field(default=None, repr=False)
    insecure_skip_verify: bool = False
    depth: int = 1
    timeout_secs: float = 60
    trusted_keys: tuple[str, ...] = attrs.field(default=(), repr=False)
    trusted_keys_file: Path | None = None

    def __attrs_post_init__(self) -> None:
        mistakes = tuple(find_mistakes(self))
        if mistakes:
            raise SettingsError(problems="; ".join(f"{one.field}: {one.message}" for one in mistakes), fields=mistakes)
        self._address = parse_address(self.url)
        self._folder: Path | None = None
        self._limits = FetchLimits()
        self._followed: Known | None = None
        self._other: Known | None = None
        self._kind = kind_of(self.ref)

    def prepare(self, folder: Path, limits: FetchLimits) -> None:
        """The folder gets one clone for each address."""
        self._folder, self._limits = folder, limits

    async def fetch(self, previous: Snapshot | None, ref: str | None = None) -> Snapshot:
        """The files at a ref. The remote is asked for its refs; only what is new there is fetched, and only files
        that changed are read. Commits that touch nothing below `path` make no new snapshot.
        """
        base = self._base(previous)
        request = self._fetch_order(base, self.ref if ref is None else ref)
        answer, _ = await self._ask(request)
        if base is None or not answer.get("unchanged"):
            found = await asyncio.to_thread(take_over, answer, base, previous, whole=not self._inner)
        else:
            found = base.shared_with(previous, whole=not self._inner)
        if ref is None:
            self._followed, self._kind = found, answer["kind"]
        else:
            self._other = found
        return found.snapshot

    async def read(self, snapshot: Snapshot, files: Sequence[FileEntry]) -> AsyncIterator[tuple[FileEntry, bytes]]:
        """The contents of files of a snapshot's commit; links have none and are passed over."""
        for batch in batches(files, _BATCH_FILES):
            request = ReadRequest(
                target=self._target(),
                revision=snapshot.revision,
                path=self._inner,
                files=tuple((file.path, file.digest) for file in batch),
            )
            answer, body = await self._ask(request)
            at = 0
            for file, size in zip(batch, answer["sizes"], strict=True):
                yield file, body[at : at + size]
                at += size

    @property
    def origin(self) -> str:
        """The address, and the folder in it."""
        return f"{shown(self.url)} ({self._inner})" if self._inner else shown(self.url)

    @property
    def warnings(self) -> Sequence[str]:
        """Warnings: disabled verification, and files omitted from the last fetch."""
        return (*self._open_doors(), *(self._followed.notes.lines if self._followed else ()))

    def floats(self, snapshot: Snapshot) -> bool:
        """Branches do. Tags and commits do not; a tag that is moved is followed all the same."""
        return self._kind not in ("tag", "commit")

    @property
    def folder_in_repository(self) -> str:
        """The `path`."""
        return self._inner

    def page(self, revision: str, path: str | None = None, line: int | None = None) -> str | None:
        """The page at GitHub, GitLab, Gitea, Forgejo or Bitbucket, as the name of the host tells."""
        address = self._address
        repository = repository_page(address.scheme, address.place, address.path)
        if repository is None:
            return None
        inner = None if path is None else "/".join(part for part in (self._inner, path) if part)
        return revision_page(repository, revision, inner, line)

    def concerns(self, push: Push) -> bool:
        """True if a push concerns this repository, under any address, and the followed ref."""
        address = self._address
        if not any(same_repository(address, url) for url in push.urls):
            return False
        if push.ref is None or self.ref == "HEAD":
            return True
        if FULL_COMMIT.fullmatch(self.ref):
            return push.commit == self.ref
        return push.ref in candidates(self.ref)

    @property
    def _inner(self) -> str:
        return str(PurePosixPath(self.path)).strip("/") if self.path.strip("./") else ""

    def _open_doors(self) -> Iterator[str]:
        address = self._address
        if self.insecure_skip_verify and address.scheme in ("https", "ssh"):
            what = "host key" if address.scheme == "ssh" else "TLS certificate"
            yield f"the {what} of {address.place} is not verified (`insecure_skip_verify`): anyone can pose as it"
        if address.scheme == "http":
            yield f"{address.place} is asked over plain http: anyone on the way can read and change what is fetched"

    def _target(self) -> Target:
        if self._folder is None:
            raise SourceUnavailable("the source has no folder for its clone: call `prepare` before anything else")
        address = self._address
        return Target(
            scheme=address.scheme,
            url=address.url,
            host=address.host,
            port=address.port,
            place=address.place or address.url,
            user=address.user,
            auth=self.auth,
            insecure=self.insecure_skip_verify,
            depth=self.depth,
            timeout_secs=self.timeout_secs,
            clone=str(clone_folder(self._folder, address.url)),
            download_bytes=4 * self._limits.total_bytes,
        )

    def _base(self, previous: Snapshot | None) -> Known | None:
        """The base that the helper compares with."""
        if self._other is not None and self._other.snapshot is previous:
            return self._other
        return self._followed

    def _fetch_order(self, base: Known | None, ref: str) -> FetchRequest:
        target = self._target()
        if mistake := mistake_in(ref):
            raise RefUnknown(mistake)
        return FetchRequest(
            target=target,
            ref=ref,
            path=self._inner,
            base=base.snapshot.revision if base else None,
            base_files=len(base.snapshot.files) if base else 0,
            base_bytes=base.size if base else 0,
            files=self._limits.files,
            file_bytes=self._limits.file_bytes,
            total_bytes=self._limits.total_bytes,
            trusted_keys=self.trusted_keys,
            trusted_keys_file=str(self.trusted_keys_file.expanduser().absolute()) if self.trusted_keys_file else None,
        )

    async def _ask(self, request: Request) -> tuple[dict[str, Any], bytes]:
        assert self._folder is not None
        trust = await self._trust(self._folder, self._address)
        place = self._address.place or self._address.url
        try:
            frame = await HELPERS.ask(trust, request_to_dict(request), request.target.host)
        except Silent:
            raise SourceUnavailable(
                f"{place} does not answer ({self.timeout_secs:g} s). Look at the host, the network and `timeout_secs`"
            ) from None
        except HelperDied:
            raise SourceUnavailable(f"the process that reads {place} ended. It is started again") from None
        except OSError as error:
            raise SourceUnavailable(f"no process can be started that reads {place}: {error.strerror}") from error
        return _answer(frame)

    async def _trust(self, folder: Path, address: Address) -> Trust:
        """Only what the address needs, so that helpers are shared. Raises `SourceUnavailable`."""
        if address.scheme == "https" and self.ca_bundle is not None:
            return await asyncio.to_thread(trust_in_bundle, self.ca_bundle, self.timeout_secs)
        if address.scheme == "ssh" and not self.insecure_skip_verify:
            return await asyncio.to_thread(trust_in_hosts, folder, address, self.known_hosts, self.timeout_secs)
        return Trust(timeout_secs=self.timeout_secs)


def _answer(frame: Frame) -> tuple[dict[str, Any], bytes]:
    header, body = frame
    failure = header.get("failure")
    if failure is None:
        return header["answer"], body
    if failure["kind"] == "rejected":
        raise SourceRejected(failure["message"], failure["revision"])
    if failure["kind"] == "ref_unknown":
        raise RefUnknown(failure["message"])
    raise SourceUnavailable(failure["message"])
