"""The AsyncAPI document of topics and of the live protocol, made from the code that serves them.

`python -m gateway.asyncapi` writes it into docs/.
"""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import orjson
from pydantic import TypeAdapter

from gateway import calls, contract
from gateway.calls import REFUSALS
from gateway.effects import CLOSES
from gateway.event_topics import EVENT_TOPICS
from gateway.protocol import PROTOCOL, Limits
from gateway.ws import PATH
from topics import catalogue
from topics.catalogue import Topic

FILE = Path(__file__).resolve().parents[1] / "docs" / "asyncapi.json"
AVRO = "application/vnd.apache.avro;version=1.9.0"
SCHEMAS = "#/components/schemas/{model}"

Json = dict[str, Any]


class Method(NamedTuple):
    """A call of the live protocol: its params, and what its result holds."""

    params: type[msgspec.Struct]
    result: Json


STRING: Json = {"type": "string"}
MAY_BE_TEXT: Json = {"type": ["string", "null"]}
POSITION: Json = {"type": "string", "description": "Opaque: up to it everything was sent. Keep the last one."}
LIVES: Json = {
    "server_time": {"type": "string", "format": "date-time"},
    "expires_at": {"type": ["string", "null"], "format": "date-time"},
}
GREETING: Json = {
    "protocol": {"const": PROTOCOL},
    "epoch": STRING,
    "heartbeat_seconds": {"type": "number", "default": Limits().heartbeat_seconds},
    "channels": {"type": "integer", "description": "How many channels this client may hold."},
    "user": MAY_BE_TEXT,
    **LIVES,
}


def _ref(name: str) -> Json:
    return {"$ref": SCHEMAS.format(model=name)}


def _object(properties: Json, *optional: str) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


EVENT: Json = {"oneOf": [_ref("AlertEvent"), _ref("NoticeEvent")]}
SUBSCRIBED: Json = {
    "oneOf": [
        _object({"channel": STRING, "position": POSITION, "states": _list(_ref("RaceState"))}),
        _object(
            {
                "channel": STRING,
                "position": POSITION,
                "recovered": {
                    "type": "boolean",
                    "description": "Whether `events` is all that was missed; else it is empty.",
                },
                "events": _list(EVENT),
            }
        ),
    ]
}
METHODS = {
    "connect": Method(calls.Connect, _object(GREETING)),
    "refresh": Method(calls.Refresh, _object(GREETING)),
    "subscribe": Method(calls.Subscribe, SUBSCRIBED),
    "unsubscribe": Method(calls.Unsubscribe, {"type": "object"}),
}
CHANNELS = {
    "race:{race_id}": "States of one race.",
    "track:{track_code}": "States of every race of a track.",
    "track:*": "States of every race.",
    **{topic.channel: f"Events of the topic {topic.topic}, none left out." for topic in EVENT_TOPICS},
}


def document() -> Json:
    """The whole document, AsyncAPI 3.0."""
    topics = sorted(catalogue.ALL, key=lambda topic: topic.name)
    channels = {topic.name: _topic(topic) for topic in topics}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "HorseRacePro",
            "version": "1",
            "description": "Topics in Kafka, and the live protocol over WebSocket (docs/protocol.md). "
            "It helps a person decide; it never bets.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {"host": "127.0.0.1:9092", "protocol": "kafka"},
            "gateway": {"host": "127.0.0.1:8000", "protocol": "ws"},
        },
        "channels": {**channels, "live": _live()},
        "operations": {**{topic.name: _published(topic) for topic in topics}, **_talk()},
        "components": {
            "messages": {**{topic.schema: _record(topic) for topic in topics}, **_frames()},
            "schemas": _schemas(),
        },
    }


def _topic(topic: Topic) -> Json:
    return {
        "address": topic.name,
        "description": f"{topic.purpose}. Key: {topic.key}.",
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {topic.schema: {"$ref": f"#/components/messages/{topic.schema}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [topic.cleanup],
                    **({"retention.ms": topic.retention_ms} if topic.cleanup == "delete" else {}),
                },
            }
        },
    }


def _published(topic: Topic) -> Json:
    return {"action": "send", "channel": _channel(topic.name), "summary": topic.purpose}


def _record(topic: Topic) -> Json:
    return {
        "name": topic.schema,
        "contentType": "application/avro",
        "description": "Confluent's wire format: byte 0, schema id in four bytes, Avro.",
        "payload": {
            "schemaFormat": AVRO,
            "schema": {"$ref": f"../schemas/avro/{topic.schema}.avsc"},
        },
    }


def _live() -> Json:
    names = _frames()
    return {
        "address": PATH,
        "description": "The live protocol: text frames of JSON, one message each.",
        "servers": [{"$ref": "#/servers/gateway"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": {"method": "GET"}},
        "x-channels": CHANNELS,
        "x-error-codes": {str(code): meaning for code, meaning in REFUSALS.items()},
        "x-close-codes": _close_codes(),
    }


def _close_codes() -> Json:
    meanings: dict[str, list[str]] = {}
    for close in CLOSES:
        meanings.setdefault(str(close.code), []).append(close.reason)
    return {code: "; ".join(reasons) for code, reasons in meanings.items()}


def _talk() -> Json:
    said = [name for name in _frames() if name.endswith("Call")]
    told = [name for name in _frames() if name not in said]
    return {
        "live.call": _operation("receive", [*said, "Heartbeat"]),
        "live.tell": _operation("send", told),
    }


def _operation(action: str, messages: list[str]) -> Json:
    return {
        "action": action,
        "channel": _channel("live"),
        "messages": [{"$ref": f"#/channels/live/messages/{name}"} for name in messages],
    }


def _channel(name: str) -> Json:
    return {"$ref": f"#/channels/{name}"}


def _frames() -> Json:
    """Messages of the live protocol."""
    id = {"type": "integer", "minimum": 1, "maximum": calls.MAX_ID}
    frames: Json = {}
    for name, method in METHODS.items():
        call = {"id": id, "method": {"const": name}, "params": _ref(f"{name.title()}Params")}
        optional = ("params",) if name == "connect" else ()
        frames[f"{name.title()}Call"] = _frame(_object(call, *optional))
        frames[f"{name.title()}Answer"] = _frame(_object({"id": id, "result": method.result}))
    frames["ErrorAnswer"] = _frame(_object({"id": id, "error": _ref("Error")}))
    for kind, body in (("state", _ref("RaceState")), ("delta", _ref("StateDelta")), ("event", EVENT)):
        push = _object({"channel": STRING, "position": POSITION, kind: body})
        frames[f"{kind.title()}Push"] = _frame(_object({"push": push}))
    frames["Heartbeat"] = _frame({"type": "object", "maxProperties": 0})
    return frames


def _frame(payload: Json) -> Json:
    return {"contentType": "application/json", "payload": payload}


def _schemas() -> Json:
    told = (contract.RaceState, contract.StateDelta, contract.AlertEvent, contract.NoticeEvent)
    inputs = [(kind.__name__, "serialization", TypeAdapter(kind)) for kind in told]
    _, made = TypeAdapter.json_schemas(inputs, ref_template=SCHEMAS)  # type: ignore[arg-type]
    params = {}
    for name, method in METHODS.items():
        _, found = msgspec.json.schema_components([method.params])
        params[f"{name.title()}Params"] = {**found[method.params.__name__], "title": f"{name.title()}Params"}
    error = _object({"code": {"enum": list(REFUSALS)}, "message": STRING, "temporary": {"type": "boolean"}})
    return {**made["$defs"], **params, "Error": error}


def encoded() -> bytes:
    """The document as it is committed."""
    return orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    FILE.write_bytes(encoded())
