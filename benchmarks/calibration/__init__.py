"""Is the simulated world like the real one: moments of both, side by side, and what a model can learn."""
