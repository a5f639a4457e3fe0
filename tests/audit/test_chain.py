"""The chain of hashes: any single change is found."""

import attrs
from hypothesis import assume, given
from hypothesis import strategies as st

from stroem.audit.chain import START, ChainCheck, Values, hash_of
from stroem.audit.marks import Mark, MarkSigner

Log = tuple[list[Values], list[tuple[int, bytes]]]

cells = st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1), st.text(max_size=5))
contents = st.lists(st.tuples(cells, cells, cells), min_size=2, max_size=12)


def sealed(rows: list[tuple[object, ...]]) -> Log:
    log: list[Values] = [(number * 3, *row) for number, row in enumerate(rows, start=1)]  # type: ignore[misc]
    seals: list[tuple[int, bytes]] = []
    last = START
    for values in log:
        last = hash_of(last, values)
        seals.append((int(values[0] or 0), last))
    return log, seals


def is_right(rows: list[Values], seals: list[tuple[int, bytes]], head: tuple[int, bytes]) -> bool:
    check = ChainCheck(behind=0, previous=START)
    check.check(rows, seals)
    return check.fault is None and (check.id, check.hash) == head


@given(contents)
def test_an_untouched_log_is_right(content: list[tuple[object, ...]]) -> None:
    rows, seals = sealed(content)
    assert is_right(rows, seals, seals[-1])


@given(contents, st.data())
def test_a_changed_value_is_found_at_its_row(content: list[tuple[object, ...]], data: st.DataObject) -> None:
    rows, seals = sealed(content)
    place = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(1, 3))
    value = data.draw(cells)
    assume((type(value), value) != (type(rows[place][column]), rows[place][column]))
    number = rows[place][0]
    rows[place] = tuple(value if one == column else kept for one, kept in enumerate(rows[place]))
    check = ChainCheck(behind=0, previous=START)
    check.check(rows, seals)
    assert check.fault is not None
    assert check.fault.id == number


@given(contents, st.data())
def test_a_removed_row_is_found(content: list[tuple[object, ...]], data: st.DataObject) -> None:
    rows, seals = sealed(content)
    head = seals[-1]
    place = data.draw(st.integers(0, len(rows) - 1))
    del rows[place]
    assert not is_right(rows, seals, head)
    del seals[place]
    assert not is_right(rows, seals, head)


@given(contents, st.data())
def test_rows_that_change_places_are_found(content: list[tuple[object, ...]], data: st.DataObject) -> None:
    rows, seals = sealed(content)
    one, other = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=2, max_size=2, unique=True))
    assume(repr(rows[one][1:]) != repr(rows[other][1:]))
    rows[one], rows[other] = (rows[one][0], *rows[other][1:]), (rows[other][0], *rows[one][1:])
    assert not is_right(rows, seals, seals[-1])


@given(contents, st.tuples(cells, cells, cells), st.integers(-3, 60), st.booleans())
def test_an_inserted_row_is_found(
    content: list[tuple[object, ...]], more: tuple[object, ...], number: int, with_seal: bool
) -> None:
    rows, seals = sealed(content)
    assume(number not in dict(seals))
    head = seals[-1]
    rows = sorted([*rows, (number, *more)], key=lambda row: int(row[0] or 0))  # type: ignore[list-item]
    if with_seal:
        place = [int(row[0] or 0) for row in rows].index(number)
        before = seals[place - 1][1] if place else START
        seals = [*seals[:place], (number, hash_of(before, rows[place])), *seals[place:]]
    assert not is_right(rows, seals, head)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**40), st.integers(0, 2**40))
def test_a_signature_holds_for_one_mark_under_one_name(hashed: bytes, number: int, count: int) -> None:
    signer = MarkSigner(b"k" * 32)
    mark = signer.sign("head", Mark(id=number, hash=hashed, count=count))
    assert signer.is_own("head", mark)
    assert not signer.is_own("anchor", mark)
    assert not signer.is_own("head", attrs.evolve(mark, id=number + 1))
    assert not signer.is_own("head", attrs.evolve(mark, count=count + 1))
    assert not signer.is_own("head", attrs.evolve(mark, hash=bytes(32)) if any(hashed) else attrs.evolve(mark, id=-1))
    assert not MarkSigner(b"o" * 32).is_own("head", mark)
