"""The registry of form models that the settings name; models are slow to load, so only when asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

from hpr.settings import Settings

if TYPE_CHECKING:
    from models.registry import Registry, Store


def models_of(chosen: Settings) -> "Registry":
    """The registry. Raises SettingsError for an address that is none, or where MLflow is not installed."""
    from models.registry import Registry

    return Registry(_store(chosen))


def followed(chosen: Settings) -> "Store":
    """Its store, for a worker: what is elsewhere is followed beside the stream. Raises as `models_of`."""
    from models.registry import FolderStore
    from streams.followed import Followed

    store = _store(chosen)
    return store if isinstance(store, FolderStore) else Followed(store).start()


def _store(chosen: Settings) -> "Store":
    from models.registry import store_at

    return store_at(chosen.models, Path(chosen.models_cache))
