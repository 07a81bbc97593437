"""Every table of the database, for the migrations: a package that has tables is imported here."""

from gateway.accounts import credentials as _credentials
from gateway.accounts import tables as _accounts
from gateway.database import Base

METADATA = Base.metadata
PACKAGES = (_accounts, _credentials)
"""Importing them is what registers their tables."""
