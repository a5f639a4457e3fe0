"""Prints many lines: groups, colours, progress with carriage returns, warnings, and an error with its traceback."""

import json
import sys

RED, YELLOW, GREEN, BLUE, BOLD, END = "\033[31m", "\033[33m", "\033[32m", "\033[34m", "\033[1m", "\033[0m"
ORANGE, SKY = "\033[38;5;208m", "\033[38;2;90;120;250m"


def push_shard(number: int) -> None:
    """Fails as a request does to which nobody answers."""
    raise TimeoutError(f"shard {number:02}: no answer within 40.0 s from search-3.int.example:9200")


def main(lines: int, fails: bool) -> None:
    """Prints so many lines; the error comes after three quarters of them."""
    for n in range(1, lines + 1):
        if n % 1000 == 1:
            print(f"{BLUE}==>{END} {BOLD}batch {n // 1000 + 1}{END} {ORANGE}256 colours{END} {SKY}true colour{END}")
        elif n % 97 == 0:
            print(
                f"{YELLOW}warn{END}  shard {n % 16:02}/16  timeout after 10 s, trying again",
                file=sys.stderr,
                flush=True,
            )
        elif n % 500 == 0:
            print("".join(f"counting {percent} %\r" for percent in range(0, 101, 10)) + f"counted {n} rows")
        elif n == lines * 3 // 4:
            try:
                push_shard(n % 16)
            except TimeoutError:
                sys.stdout.flush()
                sys.excepthook(*sys.exc_info())
        else:
            part = f"s3://acme-catalog/images/part-{n % 64:02}.parquet"
            print(f"{GREEN}ok{END}    row {n:>8} of {part}  {n % 17 / 10 + 0.3:.1f} s")
    if fails:
        sys.stdout.flush()
        sys.exit("ReadTimeout: 1 shard of 16 is incomplete")
    print("OUTPUT: " + json.dumps({"lines": lines}))


main(int(sys.argv[1]), sys.argv[2].lower() == "true")
