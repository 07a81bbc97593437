"""Betfair Exchange: market stream messages, recorded or live, to racing events."""
