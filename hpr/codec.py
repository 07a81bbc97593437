"""The codec of every command: with the ids built in, or with those of the registry that is set."""

from pathlib import Path

from hpr.settings import Settings
from schemas.codec import Codec, default_codec
from schemas.errors import SettingsError
from topics import id_cache, ids
from topics.registry import Registry, parse

RUN_TIMEOUT_SECONDS = 2.0
"""At most this long a process waits for the registry while records wait."""


def codec(settings: Settings) -> Codec:
    """The codec in force. With a registry it starts from the ids kept, and asks only for what is not kept.

    Raises RegistryError if something is missing and the registry is away or has it not either.
    """
    if settings.registry is None:
        return default_codec()
    registry = connect(settings, RUN_TIMEOUT_SECONDS)
    file = kept_in(settings, registry)
    wanted = ids.wanted(settings.topic_prefix)
    history = id_cache.read(file, registry.url)
    if not ids.holds(history, wanted):
        history = ids.fetch(registry, wanted)
        id_cache.keep(file, registry.url, history)
    return Codec(history, id_cache.Finder(registry, file).find)


def connect(settings: Settings, timeout: float = 10.0) -> Registry:
    """The registry that is set; raises SettingsError if none is. `timeout` is in seconds."""
    if settings.registry is None:
        raise SettingsError("no schema registry is set: give --registry URL, or HPR_REGISTRY")
    return Registry(parse(settings.registry), timeout)


def kept_in(settings: Settings, registry: Registry) -> Path:
    """The file in which the registry's ids are kept."""
    return id_cache.cache_file(Path(settings.registry_cache), registry.url, settings.topic_prefix)
