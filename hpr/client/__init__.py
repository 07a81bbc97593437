"""The client of a gateway, sync and async: races, prices over time, and everything that changes, live."""

from gateway.contract import AlertEvent, NoticeEvent, RaceDay, RaceHistory, RaceState
from hpr.client.client import AsyncClient, Client
from hpr.client.errors import ClientError, LiveError, RefusedError, UnreachableError
from hpr.client.updates import Alert, Missed, Notice, Race, Update

__all__ = [
    "Alert",
    "AlertEvent",
    "AsyncClient",
    "Client",
    "ClientError",
    "LiveError",
    "Missed",
    "Notice",
    "NoticeEvent",
    "Race",
    "RaceDay",
    "RaceHistory",
    "RaceState",
    "RefusedError",
    "UnreachableError",
    "Update",
]
