"""Every table of the database, for the migrations: a package that has tables is imported here."""

from gateway.accounts import tables as _accounts
from gateway.database import Base

METADATA = Base.metadata
PACKAGES = (_accounts,)
"""Importing them is what registers their tables."""
