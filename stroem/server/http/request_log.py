"""Filter that shortens the log records of malformed requests."""

import logging

from aiohttp import web
from aiohttp.client_exceptions import ClientPayloadError
from aiohttp.http_exceptions import HttpProcessingError

_CLIENT_FAULTS = (HttpProcessingError, web.RequestPayloadError, ClientPayloadError)


class _ClientFaults(logging.Filter):
    """Logs malformed requests as one line at debug level; clients could fill the log with tracebacks otherwise."""

    def filter(self, record: logging.LogRecord) -> bool:
        """False for a client's error, unless debug messages are enabled."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, _CLIENT_FAULTS):
            return True
        record.levelno, record.levelname = logging.DEBUG, "DEBUG"
        record.msg, record.args = "a request cannot be read: %s", (error,)
        record.exc_info = None
        return logging.getLogger(record.name).isEnabledFor(logging.DEBUG)


def request_log() -> logging.Logger:
    """The logger of the HTTP server, without tracebacks of clients' errors."""
    log = logging.getLogger("aiohttp.server")
    if not any(isinstance(one, _ClientFaults) for one in log.filters):
        log.addFilter(_ClientFaults())
    return log
