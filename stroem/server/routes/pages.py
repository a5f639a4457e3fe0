"""Pages for browsers, which are no part of the API; the token in their address is the right to them."""

from stroem.server.pages import approval_page
from stroem.server.routes.builders import open_get, open_post

PAGES = (
    open_get("/approvals/{token}", approval_page.show, media_type="text/html"),
    open_post("/approvals/{token}", approval_page.decide, media_type="text/html"),
)
