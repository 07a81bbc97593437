"""Benchmarks of a checkout: each measures the project and its peers in turns, in one session."""
