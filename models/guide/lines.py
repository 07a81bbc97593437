"""Lines of a form guide: a past run of one horse, from an event or from a result just learnt."""

from collections.abc import Sequence
from datetime import date
from math import isnan, log, nan

from msgspec import Struct
from msgspec.structs import replace

from models.tallies import Start
from schemas.identity import MICROS
from schemas.records import FormLine, PastPerformance

WORST_LENGTHS = 25.0
"""Beaten farther than this says no more."""

FIELD_WORTH = 1.6
"""Lengths that beating e times as many rivals is worth."""

FIGURE_WORTH = 0.25
"""Log-odds that a length of figure counts beside the market's regard: one run's luck is large."""

KEPT = 12
"""Lines kept of a horse."""

EPOCH = date(1970, 1, 1).toordinal()
HOUR = 3_600 * MICROS
MOST_AHEAD = 14
"""Hours by which a racing day can begin before that of universal time."""

WET = frozenset(
    (
        "MUDDY", "SLOPPY", "SLOW", "HEAVY", "SOFT", "YIELDING", "WET", "SEALED", "WETFAST",
        "GOODTOYIELDING", "YIELDINGTOSOFT", "GOODTOSOFT", "SOFTTOHEAVY", "WETSLOW",
    )
)  # fmt: skip
"""Goings on the wet side, letters only."""


class Line(Struct, frozen=True):
    """One past run; None where the source does not say."""

    day: int
    """Proleptic ordinal of the racing date."""
    track: str | None
    furlongs: float | None
    surface: str
    going: str | None
    position: int | None
    runners: int | None
    lengths: float | None
    price: float | None
    early: int | None
    """Position at the first call."""
    rider: str | None
    geared: bool
    weight: float | None
    comments: str | None = None
    trainer: str | None = None
    share: float | None = None
    """The odds' chance of a run learnt from a result in which all that ran are priced: they sum to 1."""
    learnt: bool = False
    """Whether it was learnt from a result: then all of its race was."""
    relatives: tuple[str, ...] = ()
    """Those that counted it, `relative|name`: of a race learnt, where the sire of each runner was known."""
    debut: bool = False
    """Whether no earlier run was known of it though results had been learnt for long."""
    gear: str | None = None
    """As the source writes it; empty where it lists gear and the horse wore none."""
    race_class: str | None = None
    purse: float | None = None
    """US dollars."""
    draw: float | None = None
    """From -0.5 on the rail to 0.5, among the runners."""

    @property
    def figure(self) -> float | None:
        """Lengths behind the winner, less what a larger field makes of them: 0 is a win against nobody."""
        if self.position is None or not self.runners:
            return None
        beaten = self.lengths if self.lengths is not None else 2.0 * (self.position - 1)
        return FIELD_WORTH * log(self.runners) - min(max(beaten, 0.0), WORST_LENGTHS)

    @property
    def backed(self) -> float | None:
        """Log of the market's chance times the runners: 0 is an average runner's."""
        if not self.price or self.price <= 1.0 or not self.runners:
            return None
        return log(self.runners / self.price)

    @property
    def rating(self) -> float | None:
        """What the run says of the horse: its figure and what the market thought, in log-odds."""
        figure, backed = self.figure, self.backed
        if figure is None:
            return None
        return FIGURE_WORTH * figure + (backed if backed is not None else FIGURE_WORTH * figure)

    @property
    def start(self) -> Start | None:
        """The run against its odds; None without odds, or where nobody says how it ended."""
        if self.share is not None:
            return Start(self.position == 1, share=self.share)
        if self.position is None or not self.price or self.price <= 1.0:
            return None
        return Start(self.position == 1, alone=1.0 / self.price)

    @property
    def even(self) -> Start | None:
        """The run against an equal share of its field; None of a field not known, or of an end not told."""
        if not self.runners or (self.position is None and not self.learnt):
            return None
        chance = 1.0 / self.runners
        return Start(self.position == 1, *((chance, 0.0) if self.learnt else (0.0, chance)))

    @property
    def forward(self) -> float | None:
        """Where it ran early, from 0 in front to 1 at the back."""
        if self.early is None or not self.runners or self.runners < 2:
            return None
        return min(max((self.early - 1) / (self.runners - 1), 0.0), 1.0)


LATER = ("comments", "gear", "race_class", "purse", "draw")
"""What a run told later adds to a line made from a result: none of it is in a form guide's values."""


def completed(line: Line, told: Line) -> Line:
    """The line with what another telling of the run knows beyond it; the same one where that is nothing."""
    new = {name: getattr(told, name) for name in LATER if getattr(line, name) is None}
    return replace(line, **new) if any(value is not None for value in new.values()) else line


def standing(posts: Sequence[float]) -> list[float]:
    """Where each is drawn among those that run, from -0.5 on the rail to 0.5; NaN where not known.

    >>> standing([4.0, 1.0, 9.0])
    [0.0, -0.5, 0.5]
    """
    known = sorted(post for post in posts if not isnan(post))
    last = max(len(known) - 1, 1)
    return [nan if isnan(post) else known.index(post) / last - 0.5 for post in posts]


def is_wet(going: str | None) -> bool | None:
    """Whether a going is on the wet side; None where it is not stated.

    >>> is_wet("Good to soft"), is_wet("FAST"), is_wet(None)
    (True, False, None)
    """
    if not going:
        return None
    return "".join(c for c in going.upper() if c.isalpha()) in WET


def day_of(text: str | None) -> int | None:
    """Ordinal of a date, YYYY-MM-DD; None where it is none."""
    try:
        return date.fromisoformat(text or "").toordinal()
    except ValueError:
        return None


def is_to_come(day: int, recorded_time: int) -> bool:
    """Whether a day, an ordinal, had begun nowhere on Earth at a moment, microseconds: nothing had run.

    >>> is_to_come(EPOCH + 1, 9 * HOUR), is_to_come(EPOCH + 1, 10 * HOUR)
    (True, False)
    """
    return recorded_time < ((day - EPOCH) * 24 - MOST_AHEAD) * HOUR


def line_of(run: PastPerformance) -> Line | None:
    """The line of a past performance; None where it has no date to stand at, or one that was to come."""
    day = day_of(run["race_date"])
    if day is None or is_to_come(day, run["recorded_time"]):
        return None
    calls, post, runners = run["calls"], run["post_position"], run["number_of_runners"]
    return Line(
        day=day,
        track=run["track_name"] or run["track_code"],
        furlongs=run["distance_furlongs"] if (run["distance_furlongs"] or 0.0) > 0.0 else None,
        surface=run["surface"],
        going=run["track_condition"],
        position=run["finish_position"],
        runners=run["number_of_runners"],
        lengths=run["lengths_behind_winner"],
        price=run["starting_price"],
        early=calls[0]["position"] if calls else None,
        rider=run["jockey_name"],
        geared=bool(run["equipment"]),
        weight=run["weight_carried_lbs"],
        comments=run["comments"] or None,
        trainer=run["trainer_name"],
        gear=run["equipment"] or "",
        race_class=run["race_class_details"] or None,
        purse=run["purse_usd"] if (run["purse_usd"] or 0.0) > 0.0 else None,
        draw=min((post - 1) / (runners - 1), 1.0) - 0.5 if post and runners and runners > 1 else None,
    )


def printed(line: Line) -> FormLine:
    """The line as an event carries it."""
    return {
        "race_date": date.fromordinal(line.day).isoformat(),
        "track_name": line.track,
        "distance_furlongs": line.furlongs,
        "surface": line.surface,
        "track_condition": line.going,
        "finish_position": line.position,
        "number_of_runners": line.runners,
        "lengths_behind_winner": line.lengths,
        "starting_price": line.price,
        "early_position": line.early,
        "jockey_name": line.rider,
        "comments": line.comments,
    }
