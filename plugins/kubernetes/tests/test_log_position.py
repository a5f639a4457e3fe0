"""A log that is read with lost connections comes once and whole."""

from hypothesis import given
from hypothesis import strategies as st

from stroem_kubernetes.log_position import LogPosition

LINES = st.lists(
    st.tuples(st.integers(0, 5_000), st.binary(max_size=12).filter(lambda data: b"\n" not in data)), max_size=40
)


def stamped(lines: list[tuple[int, bytes]], since: str | None) -> bytes:
    """The log as Kubernetes gives it, the last line without an end."""
    entries = [(stamp(millis), data) for millis, data in sorted(lines, key=lambda line: line[0])]
    wanted = [time + b" " + data for time, data in entries if since is None or time.decode() >= since.removesuffix("Z")]
    return b"\n".join(wanted)


def stamp(millis: int) -> bytes:
    """A time, where many lines have the same."""
    return f"2026-11-28T12:00:{millis // 1000:02d}.{millis % 1000 // 100 * 100:03d}000000Z".encode()


@given(LINES, st.lists(st.integers(0, 400), max_size=6), st.integers(1, 9))
def test_every_byte_comes_once(lines: list[tuple[int, bytes]], cuts: list[int], piece: int) -> None:
    position = LogPosition()
    found = b""
    for cut in [*cuts, 10**9]:
        position.restart()
        data = stamped(lines, position.since)[:cut]
        for start in range(0, len(data), piece):
            found += b"".join(position.take(data[start : start + piece]))
    assert found == b"\n".join(data for _, data in sorted(lines, key=lambda line: line[0]))


def test_lines_of_a_log_that_was_rotated_meanwhile_are_not_skipped() -> None:
    position = LogPosition()
    position.restart()
    first = b"".join(stamp(n) + b" old\n" for n in (0, 100, 200))
    assert b"".join(position.take(first)) == b"old\n" * 3
    position.restart()
    assert b"".join(position.take(stamp(300) + b" new\n")) == b"new\n"
