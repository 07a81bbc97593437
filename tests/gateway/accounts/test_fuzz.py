"""Every route under whatever the description allows, and some that it does not: no server error, ever."""

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from gateway.accounts import keys, users
from gateway.accounts.principal import Scope
from gateway.database import Database
from gateway.rates import Rates
from gateway.site import Site
from tests.gateway.accounts.conftest import PASSWORD, Mailbox, password_hash
from tests.gateway.conftest import GatewayRunner

NOBODY = "127.0.0.1:9"
EXAMPLES = int(os.environ.get("HPR_FUZZ_EXAMPLES", "5"))
"""Of each operation and kind of asker."""
ENDS = r"^(DELETE /v1/(account|sessions?)|PUT /v1/account/password|POST /v1/session/second-factor)$"


@dataclass
class Api:
    url: str
    key: str
    session: dict[str, str]


async def _people(file: Path) -> str:
    database = Database(f"sqlite:///{file}")
    async with database.write() as session:
        user = await users.make(session, "ann@example.org", password_hash(), "pro")
        user.confirmed_at = datetime.now(UTC)
        _, key = await keys.make(session, user.id, "all", list(Scope), None)
    await database.close()
    return key


@pytest.fixture(scope="module")
def api(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, run_gateway: GatewayRunner
) -> Iterator[Api]:
    file = tmp_path_factory.mktemp("fuzz") / "hpr.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    key = asyncio.run(_people(file))
    database = Database(f"sqlite:///{file}")
    site = Site(database, Mailbox(), Rates(), "http://gateway", b"fuzz", 10**6, 10**6)
    with run_gateway(NOBODY, site=site) as running:
        url = f"http://{running.address}"
        form = {"email": "ann@example.org", "password": PASSWORD}
        signed_in = httpx.post(f"{url}/v1/sessions", json=form)
        session = {
            "cookie": f"hpr={signed_in.cookies['hpr']}",
            "x-csrf-token": signed_in.json()["csrf_token"],
        }
        yield Api(url, key, session)


@pytest.mark.parametrize("who", ["nobody", "person", "key"])
def test_no_request_causes_a_server_error(api: Api, who: str) -> None:
    headers = {"nobody": {}, "person": api.session, "key": {"authorization": f"Bearer {api.key}"}}[who]
    found = schemathesis.openapi.from_url(f"{api.url}/v1/openapi.json").get_all_operations()
    operations = [operation.ok() for operation in found if isinstance(operation, Ok)]
    assert len(operations) > 40
    # What ends the session comes last.
    for operation in sorted(operations, key=lambda operation: bool(re.match(ENDS, operation.label))):
        _try(operation.as_strategy(), headers)


def _try(cases: SearchStrategy[schemathesis.Case[Any]], headers: dict[str, str]) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(cases)
    def try_one(case: schemathesis.Case[Any]) -> None:
        response = case.call(headers=headers)
        # 503 is what a gateway says that has not read its topics yet, as here, where there is no broker.
        if response.status_code != 503:
            case.validate_response(response, checks=[not_a_server_error])

    try_one()
