"""People of a site whose deliveries may stay on this machine."""

from pathlib import Path

import pytest
from fastapi import FastAPI

from gateway.app import create_app
from gateway.database import Database
from gateway.rates import Rates
from gateway.site import Site
from tests.gateway.accounts.conftest import (
    NOBODY,
    URL,
    Mailbox,
    ann,
    mailbox,
    newcomer,
    quick_hashes,
    visitor,
)

__all__ = ["ann", "mailbox", "newcomer", "quick_hashes", "site", "visitor"]


@pytest.fixture
def site(database: Database, mailbox: Mailbox, tmp_path: Path) -> Site:
    return Site(
        database,
        mailbox,
        Rates(),
        URL,
        b"a secret of these tests",
        secrets_folder=tmp_path,
        private_destinations=True,
    )


@pytest.fixture
def app(site: Site) -> FastAPI:
    return create_app(NOBODY, site=site)
