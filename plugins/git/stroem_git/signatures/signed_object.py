"""Signed commits and tags: payload and signature."""

import re

import attrs

from stroem_git.errors import printable

_MOST_BYTES = 1024 * 1024
_MOST_SIGNATURE_BYTES = 64 * 1024
_PERSON = re.compile(rb"^(author|committer|tagger) (.*) (\d{1,18}) [+-]\d{4}$", re.MULTILINE)
_TAG_HEAD = re.compile(rb"object ([0-9a-f]{40})\ntype commit\ntag ([^\n]+)\n")
_TAG_SIGNATURE = re.compile(rb"^-----BEGIN (?:SSH|PGP) (?:SIGNATURE|MESSAGE)-----", re.MULTILINE)
_SIGN_ANEW = "Sign it (`git commit --amend -S`) and push it, or push a signed commit on top of it"


class Refused(Exception):
    """A signature that does not count: why not, as the rest of a sentence, and what to do."""

    def __init__(self, reason: str, advice: str = _SIGN_ANEW) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


@attrs.frozen(kw_only=True)
class SignedObject:
    """A commit or a tag: `payload` is all of it but its `signature`. `at` is when it says that it was made, in seconds
    since 1970; None when it does not say.
    """

    what: str
    person: str
    at: int | None
    payload: bytes
    signature: bytes

    def said(self, refused: Refused) -> str:
        """The refusal as a sentence about this object."""
        return f"{self.what} by {self.person} {refused.reason}"


def signed_commit(revision: str, raw: bytes) -> SignedObject:
    """Splits a commit into payload and signature; `raw` is git's object."""
    head, blank, message = raw.partition(b"\n\n")
    kept: list[bytes] = []
    signatures: list[list[bytes]] = []
    inside: list[bytes] = kept
    for line in head.split(b"\n"):
        if not line.startswith(b" "):
            name, _, value = line.partition(b" ")
            inside = kept
            if name in (b"gpgsig", b"gpgsig-sha256"):
                inside = []
                line = value
                if name == b"gpgsig":
                    signatures.append(inside)
        inside.append(line if inside is kept else line.removeprefix(b" "))
    payload = b"\n".join(kept) + blank + message
    signature = b"\n".join(signatures[0]) + b"\n" if len(signatures) == 1 else b""
    head_of_payload = payload.partition(b"\n\n")[0]
    return _signed_object(f"commit {revision[:12]}", head_of_payload, payload, signature, len(raw))


def signed_tag(name: str, revision: str, raw: bytes) -> SignedObject | None:
    """Splits a tag object; None if it is not for this name and commit: its signature proves nothing then."""
    head = _TAG_HEAD.match(raw)
    if head is None or head[1].decode() != revision or head[2] != name.removeprefix("refs/tags/").encode():
        return None
    starts = [found.start() for found in _TAG_SIGNATURE.finditer(raw)]
    at = starts[-1] if starts else len(raw)
    shown = printable(head[2].decode(errors="replace"))
    return _signed_object(f"tag {shown!r}", raw.partition(b"\n\n")[0], raw[:at], raw[at:], len(raw))


def _signed_object(what: str, head: bytes, payload: bytes, signature: bytes, size: int) -> SignedObject:
    people = {kind: (person, int(at)) for kind, person, at in _PERSON.findall(head)}
    person = people.get(b"author") or people.get(b"tagger")
    made = people.get(b"committer") or people.get(b"tagger")
    if size > _MOST_BYTES or len(signature) > _MOST_SIGNATURE_BYTES:
        payload = signature = b""
    return SignedObject(
        what=what,
        person=printable(person[0].decode(errors="replace")) if person else "nobody",
        at=made[1] if made else None,
        payload=payload,
        signature=signature,
    )
