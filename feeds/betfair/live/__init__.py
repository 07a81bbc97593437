"""Betfair Exchange Stream, live: log in, subscribe, stay connected, record and translate what comes."""
