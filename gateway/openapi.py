"""The description of the REST interface as a file, which a test holds to the code.

`python -m gateway.openapi` writes it again.
"""

from pathlib import Path

import orjson

from gateway.app import create_app
from gateway.database import Database
from gateway.mail import FolderMailer
from gateway.rates import Rates
from gateway.site import Site

FILE = Path(__file__).resolve().parents[1] / "docs" / "openapi.json"
NOWHERE = "127.0.0.1:9"


def described() -> bytes:
    """OpenAPI of a gateway with accounts, as JSON with sorted keys."""
    site = Site(
        Database("sqlite:////dev/null"), FolderMailer(Path(), ""), Rates(), "http://localhost:8000", b"none"
    )
    app = create_app(NOWHERE, site=site)
    return orjson.dumps(app.openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


if __name__ == "__main__":
    FILE.write_bytes(described())
