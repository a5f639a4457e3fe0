"""A mail by SMTP."""

import json
import smtplib
import sys
from email.message import EmailMessage
from email.utils import formatdate, getaddresses, make_msgid

from delivery import TIMEOUT_SECS, fail, setting, tls


def main() -> None:
    """Sends the mail and prints the step's output."""
    message = _message()
    addresses = [address for _, address in getaddresses([setting("TO"), setting("CC")]) if address]
    if not addresses:
        fail("`to` holds no address")
    try:
        with _connect() as server:
            refused = server.send_message(message, to_addrs=addresses)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except (smtplib.SMTPException, OSError) as error:
        fail(f"{setting('HOST')} did not take the mail: {error}")
    if refused:
        reasons = "; ".join(f"{who}: {code} {said.decode('utf-8', 'replace')}" for who, (code, said) in refused.items())
        took = "; the others have the mail" if len(refused) < len(addresses) else ""
        fail(f"{setting('HOST')} refused {reasons}{took}")
    sys.stdout.write(f"{setting('HOST')} took the mail for {len(addresses)}\n")
    output = {"recipients": len(addresses), "message_id": message["Message-ID"]}
    sys.stdout.write(f"OUTPUT: {json.dumps(output)}\n")


def _message() -> EmailMessage:
    message = EmailMessage()
    try:
        message["From"] = setting("SENDER")
        message["To"] = setting("TO")
        if setting("CC"):
            message["Cc"] = setting("CC")
        message["Subject"] = setting("SUBJECT")
    except ValueError as error:
        fail(f"an address or the subject cannot be in a mail: {error}")
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=setting("SENDER").rpartition("@")[2].strip(" >") or None)
    message.set_content(setting("TEXT"))
    if setting("HTML"):
        message.add_alternative(setting("HTML"), subtype="html")
    return message


def _connect() -> smtplib.SMTP:
    host, port, security = setting("HOST"), int(setting("PORT")), setting("SECURITY")
    if security not in ("starttls", "tls", "none"):
        fail(f"`security` of the connection is {security!r}: it must be starttls, tls or none")
    if security == "none" and setting("USERNAME"):
        fail("a password is not sent without encryption: set `security` of the connection to starttls or tls")
    if security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECS, context=tls(setting("CA")))
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECS)
    try:
        if security == "starttls":
            server.starttls(context=tls(setting("CA")))
        if setting("USERNAME"):
            server.login(setting("USERNAME"), setting("PASSWORD"))
    except BaseException:
        server.close()
        raise
    return server


if __name__ == "__main__":
    main()
