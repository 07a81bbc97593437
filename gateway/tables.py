"""Every table of the database, for the migrations: a package that has tables is imported here."""

from gateway.accounts import credentials as _credentials
from gateway.accounts import tables as _accounts
from gateway.database import Base
from gateway.delivery import tables as _delivery

METADATA = Base.metadata
PACKAGES = (_accounts, _credentials, _delivery)
"""Importing them is what registers their tables."""
