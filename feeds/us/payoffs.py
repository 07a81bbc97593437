"""Payoffs of North American pools as dividends, by the names that bets go by here."""

import re
from collections.abc import Sequence

from feeds.us.chart import Paid
from feeds.us.words import number, positive

NUMBERS = ("TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN")
STRAIGHT_UNIT = 2.0
STRAIGHT = ("WIN", "PLACE", "SHOW")
_SELECTION = re.compile(r"^[0-9A-Z]+([-/,][0-9A-Z]+)*$")


def straight(payoffs: Sequence[str], selection: str) -> list[Paid]:
    """Win, place and show of a runner, for 2 staked; none where a cell is empty or 0."""
    told = zip(STRAIGHT, (positive(text) for text in payoffs), strict=True)
    return [Paid(pool, selection, paid, STRAIGHT_UNIT) for pool, paid in told if paid]


def exotic(name: str, unit: str, payoff: str, right: str, selection: str) -> Paid | None:
    """A pool's payoff: `right` is how many winners of a pick n were named.

    None for a pool that paid nothing, and for those on riders and groups.

    >>> exotic("Pick Three", "1.00", "75.25", "3", "4-1/2-11")
    Paid(pool='PICK 3', selection='4/1,2/11', dividend=75.25, unit=1.0)
    """
    dividend, stake, hits = positive(payoff), positive(unit), int(number(right) or 0)
    text = selection.strip().upper().replace(" ", "")
    if dividend is None or stake is None or not _SELECTION.match(text) or "CHALLENGE" in name.upper():
        return None
    pool = pool_of(name)
    races = races_of(pool)
    if races and "," not in text:
        text = text.replace("/", ",").replace("-", "/")
    if races and 0 < hits < races:
        pool = f"{pool} ({hits} OF {races})"
    return Paid(pool, text, dividend, stake)


def pool_of(name: str) -> str:
    """The pool's name here: Daily Double is DOUBLE, Pick Three PICK 3."""
    plain = " ".join(name.upper().split())
    if plain == "DAILY DOUBLE":
        return "DOUBLE"
    first, _, count = plain.partition(" ")
    return f"PICK {NUMBERS.index(count) + 2}" if first == "PICK" and count in NUMBERS else plain


def races_of(pool: str) -> int:
    """How many races a pool is over; 0 for those of one race."""
    if pool == "DOUBLE":
        return 2
    first, _, count = pool.partition(" ")
    return int(count) if first == "PICK" and count.isdecimal() else 0
