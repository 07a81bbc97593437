"""Interpreters: what past lines say of a runner, in sentences with severity and confidence."""

from models.interpreters.annotations import annotate

__all__ = ["annotate"]
