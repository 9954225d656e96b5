"""The service inside a Jupyter server: its requests over HTTP, its events over a WebSocket."""
