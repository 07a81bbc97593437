"""How it goes out: REST, WebSocket, the schema registry and the dashboard."""
