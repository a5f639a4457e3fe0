"""The HTTP server: `/api`, `/worker`, the log WebSocket."""
