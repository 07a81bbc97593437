"""A schema registry by URL: the REST interface of Confluent's, which Karapace and Apicurio speak as well.

Written on the standard library, so that feeds and workers need nothing more to be installed.
"""

import base64
import json
from dataclasses import dataclass, field
from http.client import HTTPException, IncompleteRead
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import Request, urlopen

import msgspec

from schemas import sources
from schemas.errors import HprError, IncompatibleSchemaError, SettingsError
from schemas.history import Version
from schemas.sources import Json

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
LEVEL = "FULL_TRANSITIVE"
LARGEST_BYTES = 16 << 20
LONGEST_REASON = 300
ABSENT = range(40401, 40409)
"""Error codes of subjects, versions, schemas and levels that are not there; any other 404 is of the path."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises on bytes that are not the JSON they should be."""

T = TypeVar("T")


class RegistryError(HprError):
    """A schema registry cannot be reached, refuses, or is none."""


class _AbsentError(RegistryError):
    """The registry says in its own terms that something is not there."""


class _Refusal(msgspec.Struct):
    error_code: int
    message: str = ""


class _Described(msgspec.Struct):
    id: int
    version: int
    schema: str
    schemaType: str = "AVRO"


class _Schema(msgspec.Struct):
    schema: str
    schemaType: str = "AVRO"


class _Given(msgspec.Struct):
    id: int


class _Level(msgspec.Struct):
    compatibilityLevel: str


class _Verdict(msgspec.Struct):
    is_compatible: bool
    messages: list[str] = []


@dataclass(frozen=True, slots=True)
class Address:
    """Where a registry is. `url` carries no password, so it may be printed."""

    url: str
    credentials: str | None = field(default=None, repr=False)
    """user:password."""


def parse(text: str) -> Address:
    """The address in a URL such as `https://user:password@registry.example:8081`, percent-encoded.

    Raises SettingsError, which does not repeat the text, for anything else.
    """
    wrong = SettingsError(
        "registry: give one URL such as http://127.0.0.1:8081 or https://user:password@host"
    )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    plain = text.isascii() and text.isprintable() and not set(" ,<>\"'") & set(text)
    if parts.scheme not in ("http", "https") or not host or not plain or parts.query or parts.fragment:
        raise wrong
    shown = (f"[{host}]" if ":" in host else host) + (f":{port}" if port is not None else "")
    given = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return Address(f"{parts.scheme}://{shown}{parts.path.rstrip('/')}", given if given != ":" else None)


class Registry:
    """One registry; every call raises RegistryError if it cannot be asked. `timeout` is in seconds."""

    def __init__(self, address: Address, timeout: float = 10.0) -> None:
        self.url = address.url
        self._timeout = timeout
        self._headers = {"Accept": f"{MEDIA_TYPE}, application/json", "Content-Type": MEDIA_TYPE}
        self._credentials = address.credentials

    def known(self, subject: str, schema: Json) -> Version | None:
        """Version and id under which a subject has exactly this schema; None if it has not."""
        found = self._ask("POST", f"/subjects/{quote(subject, '')}", _Described, _posted(schema))
        return Version(found.version, found.id) if found else None

    def versions(self, subject: str) -> list[tuple[Version, Json]]:
        """All versions of a subject with their schemas, oldest first; none of a subject that is unknown."""
        path = f"/subjects/{quote(subject, '')}/versions"
        numbers = self._ask("GET", path, list[int]) or []
        found = [self._ask("GET", f"{path}/{number}", _Described) for number in sorted(numbers)]
        return [(Version(one.version, one.id), _avro(one.schema, one.schemaType)) for one in found if one]

    def schema(self, id: int) -> Json | None:
        """The schema of an id; None if the registry never gave it. What is not Avro has no name."""
        found = self._ask("GET", f"/schemas/ids/{id}", _Schema)
        return _avro(found.schema, found.schemaType) if found else None

    def demand_full(self, subject: str) -> None:
        """Set the compatibility that is demanded of a subject to FULL_TRANSITIVE, unless it is that."""
        path = f"/config/{quote(subject, '')}"
        found = self._ask("GET", path, _Level)
        if found is None or found.compatibilityLevel != LEVEL:
            self._demand("PUT", path, Any, {"compatibility": LEVEL})

    def refusal(self, subject: str, version: int, schema: Json) -> str | None:
        """Why the registry would not have `schema` beside a version of `subject`; None if it would."""
        path = f"/compatibility/subjects/{quote(subject, '')}/versions/{version}?verbose=true"
        verdict = self._ask("POST", path, _Verdict, _posted(schema))
        if verdict is None or verdict.is_compatible:
            return None
        return _short(" ".join(verdict.messages)) or "no reason given"

    def add(self, subject: str, schema: Json) -> Version:
        """Register `schema` under `subject`.

        Raises IncompatibleSchemaError if the registry finds that an older version forbids it.
        """
        try:
            self._demand("POST", f"/subjects/{quote(subject, '')}/versions", _Given, _posted(schema))
        except IncompatibleSchemaError as error:
            raise IncompatibleSchemaError(f"{subject}: {error}") from error
        if (known := self.known(subject, schema)) is None:
            raise RegistryError(f"{self.url} took the schema of {subject} and does not know it now")
        return known

    def _ask(self, method: str, path: str, kind: type[T], body: object = None) -> T | None:
        """The answer as `kind`; None for a 404 in the registry's own terms."""
        try:
            return self._demand(method, path, kind, body)
        except _AbsentError:
            return None

    def _demand(self, method: str, path: str, kind: type[T], body: object = None) -> T:
        """The answer as `kind`."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, self._headers, method=method)
        if self._credentials is not None:
            token = base64.b64encode(self._credentials.encode()).decode()
            # Not to be carried to wherever a redirect points.
            request.add_unredirected_header("Authorization", f"Basic {token}")
        try:
            return msgspec.json.decode(self._sent(request), type=kind)
        except UNREADABLE as error:
            raise RegistryError(f"{self.url} does not answer as a schema registry does") from error

    def _sent(self, request: Request) -> bytes:
        """What is answered to a request that is not refused."""
        try:
            try:
                with urlopen(request, timeout=self._timeout) as answer:
                    return bytes(answer.read(LARGEST_BYTES))
            except HTTPError as error:
                with error:
                    refusal = self._refusal(error.code, error.read(LARGEST_BYTES))
        except (HTTPException, OSError, ValueError) as error:
            # ValueError is the codec's of names of hosts.
            raise RegistryError(f"{self.url} {self._absence(error)}") from error
        raise refusal

    def _refusal(self, status: int, body: bytes) -> HprError:
        """What an answer of such a status means."""
        try:
            refusal = msgspec.json.decode(body, type=_Refusal)
        except UNREADABLE:
            refusal = None
        said = _short(refusal.message) if refusal else ""
        if status in (401, 403):
            return RegistryError(
                f"{self.url} refuses us (HTTP {status}): give user and password as http://user:password@host"
            )
        foreign = status == 404 and (refusal is None or refusal.error_code not in ABSENT)
        if foreign or (refusal is None and status < 500):
            return RegistryError(
                f"{self.url} does not answer as a schema registry does (HTTP {status}): "
                "give the registry's own address, with its path"
            )
        if status == 409:
            return IncompatibleSchemaError(f"{self.url}: {said}")
        kind = _AbsentError if status == 404 else RegistryError
        return kind(f"{self.url} failed (HTTP {status}){': ' if said else ''}{said}")

    def _absence(self, error: Exception) -> str:
        """Why there was no answer at all."""
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, TimeoutError):
            return f"does not answer within {self._timeout:g} s"
        if isinstance(reason, IncompleteRead):
            return "breaks off its answer"
        if isinstance(reason, HTTPException):
            return "does not speak HTTP"
        return f"cannot be reached: {getattr(reason, 'strerror', None) or reason}"


def _posted(schema: Json) -> Json:
    return {"schema": sources.canonical(schema)}


def _avro(text: str, kind: str) -> Json:
    """A schema's text as Avro; a nameless one for what is no record or not Avro at all."""
    try:
        schema = json.loads(text) if kind == "AVRO" else None
    except (ValueError, RecursionError):
        schema = None
    return schema if isinstance(schema, dict) else {"type": kind}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_REASON else line[:LONGEST_REASON] + "…"
