"""The table of real and simulated moments."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.calibration.moments import BUCKETS, MarketMoments
from benchmarks.calibration.results import RaceMoments
from benchmarks.calibration.targets import CAPTURES, SOURCES

BOUND = 0.1
"""The main moments are within this part of the real ones."""

COUNTRIES = {"AU": "Australia", "GB": "Great Britain, Ireland", "HK": "Hong Kong", "US": "United States"}


@dataclass(frozen=True, slots=True)
class Line:
    """One moment. `main`: it is held within BOUND."""

    what: str
    real: float
    simulated: float
    main: bool
    data: str

    @property
    def ratio(self) -> float:
        """Simulated to real."""
        return self.simulated / self.real

    @property
    def within(self) -> bool:
        """Whether the ratio is within BOUND of 1."""
        return abs(self.ratio - 1.0) <= BOUND


def race_lines(country: str, real: RaceMoments, simulated: RaceMoments) -> Iterator[Line]:
    """Fields and favourites of a country."""
    where, data = COUNTRIES[country], SOURCES[country]
    yield Line(f"{where}: mean field size", real.field_size, simulated.field_size, True, data)
    yield Line(f"{where}: spread of field sizes", real.field_spread, simulated.field_spread, True, data)
    pairs = zip(real.strikes, simulated.strikes, strict=True)
    for rank, (ours, theirs) in enumerate(pairs, 1):
        name = "favourite strike rate" if rank == 1 else f"strike rate, rank {rank} in the betting"
        yield Line(f"{where}: {name}", ours, theirs, rank == 1, data)
    yield Line(f"{where}: spread of log odds", real.odds_spread, simulated.odds_spread, False, data)
    yield Line(f"{where}: slope of results on odds", real.slope, simulated.slope, False, data)


def market_lines(real: MarketMoments, simulated: MarketMoments) -> Iterator[Line]:
    """Prices, books and messages of exchange markets."""

    def each(name: str, attribute: str, main: bool) -> Iterator[Line]:
        columns = getattr(real, attribute), getattr(simulated, attribute)
        for (low, high), ours, theirs in zip(BUCKETS, *columns, strict=True):
            yield Line(f"{name}, {low} to {high} min", ours, theirs, main, CAPTURES)

    yield Line(
        "sum of inverse back prices, last 10 min",
        1 + real.back_book,
        1 + simulated.back_book,
        False,
        CAPTURES,
    )
    yield Line("overround to back, last 10 min", real.back_book, simulated.back_book, True, CAPTURES)
    yield Line("overround to lay, last 10 min", real.lay_book, simulated.lay_book, False, CAPTURES)
    yield from each("volatility of log odds a minute", "volatility", main=True)
    yield from each("updates a minute", "updates_a_minute", main=True)
    yield from each("overround to back", "back_overround", main=False)
    yield from each("spread in ticks below 10", "spread_ticks", main=False)
    yield from each("part of the money traded by the earlier minute", "turnover", main=False)
    yield Line("runners an update", real.runners_an_update, simulated.runners_an_update, True, CAPTURES)
    yield Line("money traded before the off", real.money, simulated.money, False, CAPTURES)
