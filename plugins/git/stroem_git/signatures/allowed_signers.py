"""Lines with SSH keys: public keys as OpenSSH writes them, and the lines of its `allowed_signers` files."""

import base64
import binascii
import datetime
import fnmatch
import re

import attrs

_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
_OPTION = re.compile(r'([A-Za-z-]+)(?:="([^"]*)")?(?:,|$)')
_TIME = re.compile(r"(\d{8})(\d{4}|\d{6})?Z?")
_MOST_BEFORE = 2


@attrs.frozen(kw_only=True)
class Window:
    """Validity period of a key, in seconds since 1970; None is unbounded."""

    after: float | None = None
    before: float | None = None

    def missed(self, at: int | None, now: float) -> str | None:
        """The reason why `at`, the claimed time of signing, or `now` lies outside."""
        if self.before is not None and (now >= self.before or at is None or at >= self.before):
            return f"expired at {_shown(self.before)}"
        if self.after is not None and (at is None or at < self.after):
            return f"is valid only from {_shown(self.after)} on"
        return None


@attrs.frozen(kw_only=True)
class Allowed:
    """One line of allowed signers: key type, key, validity; `git` is False for keys of other namespaces."""

    kind: str
    blob: bytes
    window: Window
    git: bool


def parse_allowed(line: str) -> Allowed:
    """Raises `ValueError` with what is wrong, without what stands there."""
    words = _WORD.findall(line)
    place = next((at for at, word in enumerate(words) if at and word.startswith("AAAA")), 0) - 1
    if not 0 <= place <= _MOST_BEFORE:
        raise ValueError("it is not a public key. Expected `ssh-ed25519 AAAA…`, or a PGP public key block")
    before = words[:place]
    if before and '="' in before[0]:
        raise ValueError('options stand behind a name, as in `* valid-before="20300101" ssh-ed25519 AAAA…`')
    try:
        blob = base64.b64decode(words[place + 1], validate=True)
    except binascii.Error:
        raise ValueError("the key is cut off or damaged") from None
    kind = words[place]
    if blob[4 : 4 + len(kind)] != kind.encode():
        raise ValueError("the key is cut off or damaged")
    options = _options(before[1] if len(before) > 1 else "")
    window = Window(after=_time(options.get("valid-after")), before=_time(options.get("valid-before")))
    spaces = (options.get("namespaces") or "git").split(",")
    return Allowed(kind=kind, blob=blob, window=window, git=any(fnmatch.fnmatchcase("git", one) for one in spaces))


def _options(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        option = _OPTION.match(text, at)
        if option is None:
            raise ValueError("the options before the key are malformed")
        name = option[1].lower()
        if name == "cert-authority":
            raise ValueError("SSH certificates are not supported (`cert-authority`). Name the keys themselves")
        if name not in ("namespaces", "valid-after", "valid-before") or option[2] is None:
            raise ValueError(f"option {name!r} is not known. Known are namespaces, valid-after and valid-before")
        found[name] = option[2]
        at = option.end()
    return found


def _time(text: str | None) -> float | None:
    if text is None:
        return None
    found = _TIME.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        digits = (found[1] + (found[2] or "")).ljust(14, "0")
        return datetime.datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=datetime.UTC).timestamp()
    except ValueError:
        raise ValueError("the time in valid-after or valid-before is not like 20300101 or 202912312359Z") from None


def _shown(secs: float) -> str:
    return f"{datetime.datetime.fromtimestamp(secs, datetime.UTC):%Y-%m-%d %H:%M} UTC"
