"""Moments of the real data, as the simulator was fitted to them; a test recomputes them where the data is."""

from benchmarks.calibration.moments import MarketMoments
from benchmarks.calibration.results import RaceMoments

SOURCES = {
    "AU": "Australia and New Zealand, exchange starting prices, 10 months of 2024 and 2025",
    "GB": "Great Britain and Ireland, flat racing, bookmakers' starting prices, 2021-07 to 2025-12",
    "HK": "Hong Kong, final pool odds, 2016-01 to 2025-07",
    "US": "Aqueduct, final pool odds, 2017 to 2020",
}
CAPTURES = (
    "eight captured exchange win markets with full books (Australia, France, United States; 2016 to 2022)"
)

RACES = {
    "AU": RaceMoments(
        races=20692,
        field_size=9.6726,
        field_spread=2.4192,
        favourite_strike=0.3498,
        strikes=(0.3498, 0.2053, 0.134, 0.0988, 0.0758, 0.0533),
        odds_spread=1.1857,
        slope=1.0046,
        overround=0.0041,
    ),
    "GB": RaceMoments(
        races=28248,
        field_size=10.0007,
        field_spread=3.3717,
        favourite_strike=0.3163,
        strikes=(0.3163, 0.1967, 0.1399, 0.1045, 0.0784, 0.0564),
        odds_spread=0.9255,
        slope=1.1163,
        overround=0.1871,
    ),
    "HK": RaceMoments(
        races=7799,
        field_size=12.1753,
        field_spread=1.6718,
        favourite_strike=0.3026,
        strikes=(0.3026, 0.1803, 0.1321, 0.0924, 0.0745, 0.0596),
        odds_spread=1.0733,
        slope=1.0643,
        overround=0.2276,
    ),
    "US": RaceMoments(
        races=2969,
        field_size=7.4571,
        field_spread=1.9711,
        favourite_strike=0.3479,
        strikes=(0.3479, 0.2321, 0.1671, 0.1073, 0.0684, 0.0443),
        odds_spread=0.9251,
        slope=1.0564,
        overround=0.2208,
    ),
}
"""By the country whose racing they are held against."""

MARKETS = MarketMoments(
    updates_a_minute=(352.6, 247.1, 183.8, 117.6333, 18.1833),
    volatility=(0.078, 0.0569, 0.0663, 0.0712, 0.0362),
    back_overround=(0.0202, 0.0191, 0.0272, 0.0392, 0.0559),
    lay_overround=(-0.0146, -0.0152, -0.0233, -0.0377, -0.0454),
    last_overround=(0.0085, 0.0035, 0.0022, 0.0047, 0.011),
    spread_ticks=(1.4556, 1.1333, 1.1947, 3.0333, 4.6518),
    turnover=(0.5533, 0.237, 0.1302, 0.0168, 0.0101),
    runners_an_update=2.0641,
    back_book=0.0185,
    lay_book=-0.0156,
    money=44576.0,
)
"""Medians over the captures."""
