"""Names of artifacts: relative paths with slashes."""

MOST_BYTES = 255


def name_problem(name: str) -> str | None:
    """The mistake in the name of an artifact; None for a valid name."""
    if not name or len(name.encode(errors="replace")) > MOST_BYTES:
        return f"must have 1 to {MOST_BYTES} bytes"
    if "\\" in name or any(ord(one) < 32 or 127 <= ord(one) < 160 or 0xD800 <= ord(one) < 0xE000 for one in name):
        return "holds a backslash, a control character, or what is no Unicode text"
    for part in name.split("/"):
        if part in ("", ".", ".."):
            return "has an empty part, '.' or '..'"
        if part.startswith("-"):
            return "has a part that starts with '-'"
    return None
