"""Content from outside that is read up to a bound."""

from collections.abc import AsyncIterable


async def read_bounded(pieces: AsyncIterable[bytes], most: int) -> bytes:
    """The whole of a content, however many pieces it comes in. Raises `ValueError` beyond `most` bytes."""
    data = bytearray()
    async for piece in pieces:
        data += piece
        if len(data) > most:
            raise ValueError(f"the answer is larger than {most} bytes")
    return bytes(data)
