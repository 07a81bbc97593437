"""The one exception tree of the project: catch HprError to catch all of it."""


class HprError(Exception):
    """Something a person can act on: the message is one line and says what to do."""


class SchemaError(HprError):
    """A schema or a record does not fit."""


class UnknownSchemaError(SchemaError):
    """A record names a schema id that the history does not hold."""


class CorruptRecordError(SchemaError):
    """The bytes of a record do not follow the schema they name."""


class IncompatibleSchemaError(SchemaError):
    """A schema changed in a way that old readers or old records cannot bear."""


class TopicError(HprError):
    """A topic is missing or set up differently from the catalogue."""


class BrokerError(HprError):
    """The broker does not answer, or refused."""


class StateError(HprError):
    """A stored race state cannot be read."""


class FeedError(HprError):
    """A feed cannot be read at all."""


class SettingsError(HprError):
    """A setting is unknown or has no possible value."""


class StoreError(HprError):
    """Files cannot be read from or written to where they are kept."""


class ArchiveError(HprError):
    """An archive is damaged, or is not what it is taken for."""


class AnalyticsError(HprError):
    """ClickHouse does not answer, or refused."""


class ModelError(HprError):
    """A model's file is missing, corrupt or of another release."""


class LibraryError(ModelError):
    """The registry of models does not answer, or refused."""
