"""Sign-in of the program by a person in a browser (RFC 8628)."""

import asyncio
from typing import TYPE_CHECKING

from stroem.cli.output.errors import Failure, Refused
from stroem.cli.output.output import echo

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

_SHORTEST_SECS, _LONGEST_SECS = 1, 60
_SLOWER_SECS = 5
_ENDS = {
    "access_denied": "It was refused in the browser, or the account may not sign in",
    "expired_token": "Nobody has entered the code in time; try again",
}


async def token_by_device(client: "Client", name: str) -> str:
    """The access token of a person who enters a code in a browser; tells the code. Raises `Failure`."""
    start = await client.post("auth", "device", body={"name": name})
    echo(f"Open {start['verification_uri']} and enter the code {start['user_code']}", err=True)
    echo(f"or open {start['verification_uri_complete']}", err=True)
    interval = min(max(start["interval"], _SHORTEST_SECS), _LONGEST_SECS)
    while True:
        try:
            access = await client.post("auth", "device", "token", body={"device_code": start["device_code"]})
            return str(access["access_token"])
        except Refused as error:
            code = next((code for code in ("authorization_pending", "slow_down", *_ENDS) if code in str(error)), None)
            if code is None:
                raise
            if code in _ENDS:
                raise Failure(_ENDS[code]) from None
            interval += _SLOWER_SECS if code == "slow_down" else 0
        await asyncio.sleep(interval)
