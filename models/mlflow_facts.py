"""What MLflow is told of a model beside its files: parameters, figures and the features that it reads."""

import re
from collections.abc import Iterator
from hashlib import sha256
from math import isfinite
from typing import Any, NamedTuple

from msgspec import json

from models.belief import FormModel

HASH_LENGTH = 16
TAGGED = ("jurisdiction", "data_hash", "seed")
"""Of what a model says of itself, what it is looked for by."""


class Facts(NamedTuple):
    """Of one version."""

    params: dict[str, str]
    """What it says of itself in single words and numbers: jurisdiction, data hash, seed, races, days."""
    metrics: dict[str, float]
    """How it was judged, `in_sample/combined/in sample/log_loss`; no figure that is not finite."""
    tags: dict[str, str]
    features: dict[str, Any]


def facts_of(model: FormModel) -> Facts:
    """The facts of a model, from its data."""
    told: dict[str, Any] = json.decode(model.data)
    params = {key: str(value) for key, value in told.items() if isinstance(value, str | int | float)}
    names = list(told.get("features", ()))
    tags = {key: value for key, value in params.items() if key in TAGGED}
    tags["model"], tags["feature_set"] = model.name, model.feature_set
    tags["features_hash"] = sha256(json.encode(names)).hexdigest()[:HASH_LENGTH]
    metrics = dict(_figures("", told.get("metrics", {})))
    return Facts(params, metrics, tags, {"feature_set": model.feature_set, "features": names})


def _figures(path: str, value: Any) -> Iterator[tuple[str, float]]:
    """Numbers with their path; a row of a table goes by its words."""
    if isinstance(value, dict):
        words = [each for each in value.values() if isinstance(each, str)]
        for key, each in value.items():
            yield from _figures("/".join([*([path] if path else []), *words, str(key)]), each)
    elif isinstance(value, list):
        for each in value:
            yield from _figures(path, each)
    elif isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        yield re.sub(r"[^\w\-. /:]", "_", path, flags=re.ASCII), float(value)
