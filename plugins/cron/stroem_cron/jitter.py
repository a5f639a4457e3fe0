"""Delays that spread the fires of schedules with the same times."""

import datetime
import hashlib


def delay(seed: str, at: datetime.datetime, longest_secs: int) -> datetime.timedelta:
    """The delay of an instant, less than the longest one: always the same for a trigger and an instant."""
    digest = hashlib.blake2b(f"{seed}\n{int(at.timestamp())}".encode(), digest_size=8).digest()
    return datetime.timedelta(milliseconds=int.from_bytes(digest, "big") * longest_secs * 1000 >> 64)
