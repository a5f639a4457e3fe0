"""JSON to any address, with a token and a signature if the connection has them."""

import hashlib
import hmac
import json

from delivery import deliver, fail, setting

try:
    payload = json.loads(setting("PAYLOAD"))
except ValueError as error:
    fail(f"`payload` is no JSON: {error}")
body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
headers = {}
if setting("TOKEN"):
    headers["Authorization"] = f"Bearer {setting('TOKEN')}"
if setting("SIGNING_KEY"):
    signature = hmac.new(setting("SIGNING_KEY").encode(), body, hashlib.sha256).hexdigest()
    headers["X-Signature-256"] = f"sha256={signature}"
deliver(body, headers)
