"""Delivery: what of the alerts goes to whom by which channel, kept in an outbox until it has gone."""
