"""Webhooks after Standard Webhooks 1.0: event types, signatures, and connections to nowhere forbidden."""
