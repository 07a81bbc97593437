"""Strategies of hpr backtest by the names that people give: built in, rules in TOML, classes in Python."""

import importlib.util
import inspect
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from schemas.errors import SettingsError

if TYPE_CHECKING:
    from streams.backtest.bets import Venue
    from streams.backtest.outcome import Entrant
    from streams.backtest.staking import Stakes
    from streams.backtest.strategies import Recipe, Strategy


class Usual(NamedTuple):
    """What the strategies that come with the project bet on."""

    pool: str
    venue: "Venue"
    seed: int


def pool_of(name: str) -> str:
    """The pool that favourite and random bet on, by its name in any letters; SettingsError for another."""
    from streams.backtest.bets import RUNNERS, pick_of

    pools = [pool for pool in RUNNERS if pick_of(pool) is None]
    if (pool := name.upper()) not in pools:
        raise SettingsError(f"--pool {name}: no pool of one race: {', '.join(pools)}")
    return pool


def entrants_of(
    names: list[str], usual: Usual, grid: bool, stakes: "Stakes", bankroll: float
) -> "list[Entrant]":
    """Strategies by the names that were given, with their money; with `grid` all points of a rule's grid."""
    from streams.backtest.outcome import Entrant
    from streams.backtest.strategies import Recipe
    from streams.backtest.walk import MOST_POINTS, points

    found: list[tuple[str, Strategy]] = []
    for name in names:
        loaded = _load(name, usual)
        if not isinstance(loaded, Recipe):
            found.append((name, loaded))
            continue
        tried = points(dict(loaded.grid)) if grid else [{}]
        if len(tried) > MOST_POINTS:
            raise SettingsError(f"{name}: a grid of {len(tried)} points: at most {MOST_POINTS}")
        for point in tried:
            label = ", ".join(f"{key} {value:g}" for key, value in point.items())
            found.append((f"{loaded.name} ({label})" if label else loaded.name, loaded.rule(**point)))
    return [Entrant(name, each, stakes, bankroll) for name, each in found]


def _load(name: str, usual: Usual) -> "Strategy | Recipe":
    from streams.backtest.strategies import Blind, Favourite, recipe_of

    if name == "favourite":
        return Favourite(usual.pool, usual.venue)
    if name == "random":
        return Blind(usual.seed, usual.pool, usual.venue)
    path, _, wanted = name.partition(":")
    if not Path(path).is_file():
        raise SettingsError(f"{name}: no such strategy: favourite, random, a .toml rule, or FILE.py:Class")
    if Path(path).suffix == ".toml":
        try:
            told = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} is no TOML: {error}") from error
        return recipe_of({"venue": usual.venue, **told}, Path(path).stem)
    return _loaded(Path(path), wanted)


def _loaded(path: Path, wanted: str) -> "Strategy":
    """An instance of a class in a Python file: the one named, or the only one that has on_race."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SettingsError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
        kinds = {
            name: kind
            for name, kind in inspect.getmembers(module, inspect.isclass)
            if hasattr(kind, "on_race") and kind.__module__ == path.stem
        }
        kind = kinds[wanted] if wanted else next(iter(kinds.values()))
        made = cast("Strategy", kind())
    except (KeyError, StopIteration) as error:
        raise SettingsError(f"{path} has no class {wanted or ''} with on_race(board, prediction)") from error
    except Exception as error:
        raise SettingsError(f"{path} does not load: {error!r}") from error
    return made
