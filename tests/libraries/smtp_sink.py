"""A mail server that takes mail and keeps it: as much of SMTP as a client needs."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs


@attrs.frozen(kw_only=True)
class Mail:
    """One mail as it came."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    encrypted: bool
    login: tuple[str, str] | None


@attrs.define(kw_only=True)
class SmtpSink:
    """Listens twice: for STARTTLS, and for TLS from the beginning. Refuses recipients that begin with `no`."""

    tls: ssl.SSLContext
    port: int = 0
    tls_port: int = 0
    mails: list[Mail] = attrs.Factory(list)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        plain = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        safe = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=self.tls)
        self.port, self.tls_port = (server.sockets[0].getsockname()[1] for server in (plain, safe))
        async with plain, safe:
            yield

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        encrypted = writer.get_extra_info("ssl_object") is not None
        sender, recipients, login = "", list[str](), None

        def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())

        say("220 sink")
        while line := (await reader.readline()).decode().strip():
            word, _, rest = line.partition(" ")
            match word.upper():
                case "EHLO":
                    say("250-sink\r\n250-STARTTLS\r\n250 AUTH PLAIN" if not encrypted else "250-sink\r\n250 AUTH PLAIN")
                case "STARTTLS":
                    say("220 go")
                    await writer.start_tls(self.tls)
                    encrypted = True
                case "AUTH":
                    _, user, password = base64.b64decode(rest.split()[-1]).decode().split("\0")
                    login = (user, password)
                    say("235 welcome")
                case "MAIL":
                    sender, recipients = _address(rest), []
                    say("250 ok")
                case "RCPT":
                    refused = _address(rest).startswith("no")
                    recipients += [] if refused else [_address(rest)]
                    say("550 nobody of that name" if refused else "250 ok")
                case "DATA":
                    say("354 go on")
                    data = await reader.readuntil(b"\r\n.\r\n")
                    self.mails.append(
                        Mail(
                            sender=sender,
                            recipients=tuple(recipients),
                            data=data,
                            encrypted=encrypted,
                            login=login,
                        )
                    )
                    say("250 taken")
                case "QUIT":
                    say("221 bye")
                    break
                case _:
                    say("250 ok")
        writer.close()


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]
