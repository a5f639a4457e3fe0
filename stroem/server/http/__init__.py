"""HTTP itself: routes, requests, errors, paging, streams, WebSockets, admission."""
