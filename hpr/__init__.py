"""The hpr command, its settings, logging and metrics, and the whole stack on one machine."""
