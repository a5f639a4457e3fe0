"""The size of a pool of containers or pods that are kept ready."""

MOST = 200


def check_pool_size(size: int) -> None:
    """Raises `ValueError` for a size that is none."""
    if not 1 <= size <= MOST:
        raise ValueError(f"`size` is a number from 1 to {MOST}")
