"""What was trained as files named by their content, and the way back, which refuses what is damaged."""

import hashlib
from dataclasses import asdict, dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import orjson

from models import race_onnx
from models.boosted import Boosted
from models.form import book
from models.form import features as form_features
from models.logit import Logit, Terms
from models.net import Context, Net, Weights
from models.performance import Beliefs, Combined, Fundamental, Public, Residual
from models.places import DISCOUNTED, Exponents
from models.trees import unpacked
from schemas.errors import HprError

MANIFEST = "manifest.json"
FORMAT = 5
NAME_LENGTH = 16
_OF_RACE = "context_"
_TERMS = tuple(each.name for each in fields(Terms))
PREFIX = "form-"
"""What versions begin with: it tells the kind of model."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a set of artefacts is: `version` is the hash of all the rest, `files` names by role."""

    version: str
    jurisdiction: str
    data_hash: str
    seed: int
    trained_to: str
    races: int
    metrics: dict[str, Any]
    features: list[str]
    book_version: str
    features_version: str
    left_out: list[str]
    constants: dict[str, Any]
    files: dict[str, str]
    format: int = FORMAT


def write(folder: Path, beliefs: Beliefs, about: dict[str, Any]) -> Manifest:
    """Write beliefs into `folder`, files named by the SHA-256 of their content, the manifest last.

    `about` holds the manifest's jurisdiction, data_hash, seed, trained_to, races and metrics. The same
    beliefs and `about` give the same bytes and the same version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fundamental, residual = beliefs.fundamental, beliefs.combined.residual
    contents = {
        "boosted": (fundamental.boosted.data, "onnx"),
        "trees": (fundamental.boosted.trees.packed(), "npz"),
        "net": (race_onnx.checked(fundamental.net), "onnx"),
        "net-weights": (_packed(fundamental.net), "npz"),
        "residual-logit": (race_onnx.checked(residual.logit), "onnx"),
        "residual": (_packed(residual.logit), "npz"),
        "residual-boosted": (residual.boosted.data, "onnx"),
        "residual-trees": (residual.boosted.trees.packed(), "npz"),
    }
    files = {}
    for role, (data, kind) in contents.items():
        files[role] = f"{role}-{hashlib.sha256(data).hexdigest()[:NAME_LENGTH]}.{kind}"
        (folder / files[role]).write_bytes(data)
    body = {
        **about,
        "features": list(form_features.FEATURES),
        "book_version": book.VERSION,
        "features_version": form_features.VERSION,
        "left_out": list(beliefs.left_out),
        "constants": {
            "scale": beliefs.fundamental.scale,
            "public_power": beliefs.public.power,
            "combined_power": beliefs.combined.power,
            "combined_weights": list(beliefs.combined.weights),
            "exponents": list(beliefs.exponents),
        },
        "files": files,
    }
    manifest = Manifest(version=_version(body), **body)
    (folder / MANIFEST).write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    return manifest


def load(folder: Path) -> tuple[Beliefs, Manifest]:
    """Read what `write` wrote.

    Raises HprError, which says what to do, for a missing or damaged file, another format, or other
    features than this program's.
    """
    manifest = read_manifest(folder)
    mine = (list(form_features.FEATURES), book.VERSION, form_features.VERSION)
    if (manifest.features, manifest.book_version, manifest.features_version) != mine:
        raise HprError(f"{folder}: trained for other features than this program's: train again")
    data = {role: _content(folder, name) for role, name in manifest.files.items()}
    try:
        constants = manifest.constants
        net, trees = _net(data["net-weights"]), Boosted(data["boosted"], unpacked(data["trees"]))
        fundamental = Fundamental(net, trees, constants["scale"])
        residual = Residual(
            _logit(data["residual"]), Boosted(data["residual-boosted"], unpacked(data["residual-trees"]))
        )
        linear, boosted = constants["combined_weights"]
        combined = Combined(residual, constants["combined_power"], (linear, boosted))
        exponents = _exponents(constants["exponents"])
        public, left_out = Public(constants["public_power"]), tuple(manifest.left_out)
        beliefs = Beliefs(fundamental, public, combined, exponents, left_out)
    except (KeyError, ValueError, BadZipFile, EOFError) as error:
        raise HprError(f"{folder}: artefacts do not fit their manifest ({error}): train again") from error
    width = len(manifest.features)
    boosts, logit = (trees, residual.boosted), residual.logit
    terms = [len(getattr(part.terms, each.name)) for part in (net, logit) for each in fields(Terms)]
    wide = {*terms, *map(len, net.context), len(net.weights.linear), len(logit.weights) / 2}
    if wide != {width} or any(found.trees.width > width for found in boosts):
        raise HprError(f"{folder}: artefacts are of other features than their manifest: train again")
    return beliefs, manifest


def named(folder: Path) -> list[str]:
    """The files of a folder of artefacts, the manifest last; raises HprError as `read_manifest`."""
    return [*(Path(name).name for name in read_manifest(folder).files.values()), MANIFEST]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder of artefacts, its version checked; raises HprError."""
    path = folder / MANIFEST
    try:
        found = orjson.loads(path.read_bytes())
        manifest = Manifest(**found)
    except OSError as error:
        raise HprError(
            f"{path}: cannot be read ({error.strerror}): train first, or name its folder"
        ) from error
    except (orjson.JSONDecodeError, TypeError) as error:
        raise HprError(f"{path}: no manifest of trained models ({error}): train again") from error
    if manifest.format != FORMAT:
        raise HprError(f"{path}: format {manifest.format}, not {FORMAT}: train again")
    body = {key: value for key, value in found.items() if key not in ("version", "format")}
    if _version(body) != manifest.version:
        raise HprError(f"{path}: changed since it was written: train again")
    return manifest


def _version(body: dict[str, Any]) -> str:
    return PREFIX + hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()[:NAME_LENGTH]


def _content(folder: Path, name: str) -> bytes:
    path = folder / Path(name).name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HprError(f"{path}: cannot be read ({error.strerror}): train again") from error
    if hashlib.sha256(data).hexdigest()[:NAME_LENGTH] not in path.stem:
        raise HprError(f"{path}: its content is not what its name says, it is damaged: train again")
    return data


def _exponents(given: list[float]) -> Exponents:
    found = tuple(float(each) for each in given)
    if len(found) != len(DISCOUNTED) or not np.isfinite(found).all():
        raise ValueError(f"exponents of the places are {len(DISCOUNTED)} numbers")
    return found


def _packed(model: Logit | Net) -> bytes:
    out = BytesIO()
    if isinstance(model, Logit):
        weights = {"weights": model.weights}
    else:
        weights = {**model.weights._asdict(), **{_OF_RACE + k: v for k, v in model.context._asdict().items()}}
    terms = {name: getattr(model.terms, name) for name in _TERMS}
    np.savez(out, allow_pickle=False, **terms, **weights)
    return out.getvalue()


def _logit(data: bytes) -> Logit:
    with np.load(BytesIO(data), allow_pickle=False) as file:
        return Logit(Terms(*(file[name] for name in _TERMS)), file["weights"])


def _net(data: bytes) -> Net:
    with np.load(BytesIO(data), allow_pickle=False) as file:
        weights = Weights(*(file[name] for name in Weights._fields))
        terms = Terms(*(file[name] for name in _TERMS))
        context = Context(*(file[_OF_RACE + name] for name in Context._fields))
    width, units = weights.linear.shape, weights.bias.shape
    if weights.hidden.shape != width + units or weights.out.shape != units:
        raise ValueError("the weights of the net are of different shapes")
    if not width == context.middle.shape == context.scale.shape:
        raise ValueError("the context of the net is of other features than its weights")
    return Net(terms, context, weights)
