"""The committed table of race tracks: code, time zone, coordinates and the names that providers use."""

import csv
import hashlib
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

# Racing's own country suffixes ("Dundalk (IRE)"). The two-letter ones are only those that no state uses too.
RACING_COUNTRIES = {
    **{"GB": "GB", "IRE": "IE", "JER": "JE", "FR": "FR", "GER": "DE", "ITY": "IT", "SWE": "SE", "NOR": "NO"},
    **{
        "DEN": "DK",
        "FIN": "FI",
        "BEL": "BE",
        "NED": "NL",
        "SWI": "CH",
        "AUT": "AT",
        "HUN": "HU",
        "CZE": "CZ",
    },
    **{
        "SVK": "SK",
        "POL": "PL",
        "SPA": "ES",
        "GRE": "GR",
        "RUS": "RU",
        "TUR": "TR",
        "UAE": "AE",
        "KSA": "SA",
    },
    **{"QA": "QA", "QTR": "QA", "BHR": "BH", "OMN": "OM", "IND": "IN", "SAF": "ZA", "ZIM": "ZW", "MAU": "MU"},
    **{"MOR": "MA", "AUS": "AU", "NSW": "AU", "VIC": "AU", "QLD": "AU", "TAS": "AU", "NZ": "NZ", "JPN": "JP"},
    **{"HK": "HK", "MAC": "MO", "CHN": "CN", "SIN": "SG", "MAL": "MY", "KOR": "KR", "USA": "US", "CAN": "CA"},
    **{
        "MEX": "MX",
        "PAN": "PA",
        "JAM": "JM",
        "TRI": "TT",
        "BAR": "BB",
        "ARG": "AR",
        "BRZ": "BR",
        "CHI": "CL",
    },
    **{"URU": "UY", "PER": "PE", "VEN": "VE", "COL": "CO", "ECU": "EC"},
}
# Racing's authorities cross these borders, and providers take the one country for the other.
NEIGHBOURS = ({"GB", "IE", "JE"}, {"US", "CA", "PR"}, {"HK", "CN", "MO"})

_BRACKETED = re.compile(r"\(([^()]*)\)")
_SPELLINGS = (
    (re.compile(r"\bsaint\b"), "st"),
    (re.compile(r"\bmount\b"), "mt"),
    (re.compile(r"&"), " and "),
    (re.compile(r"\b(?:race ?course|race ?track)\s*$"), ""),
    (re.compile(r"[\W_]+"), ""),
)
_SPONSOR = re.compile(
    r"^(?:bet365|ladbrokes|sportsbet|picklebet|hollywoodbets|aquis|entain|neds|tabcorp|tab)(?:park)?"
)
_FALLBACK_LETTERS = 10


@dataclass(frozen=True, slots=True)
class Track:
    """One race track.

    `code` is [A-Z0-9]{2,12} and part of race ids, so it never changes; in North America it is Equibase's.
    `country` is ISO 3166 alpha-2, `time_zone` an IANA name, `latitude` and `longitude` are degrees or
    None.
    """

    code: str
    name: str
    country: str
    time_zone: str
    latitude: float | None
    longitude: float | None
    aliases: tuple[str, ...] = ()


def all_tracks() -> tuple[Track, ...]:
    """Every track of the table, by country and code."""
    return tuple(_by_code().values())


def track_by_code(code: str) -> Track | None:
    """The track with exactly this code, but for case and spaces around it."""
    return _by_code().get(code.strip().upper())


def find_track(name: str, country: str | None = None) -> Track | None:
    """The track that a provider calls `name`, or None if no track or several could be meant.

    Case, spaces, punctuation, accents, a sponsor in front and what stands in brackets do not matter.
    `country`, an ISO or racing code, breaks ties; a country in the name's brackets, as in "Newcastle (AUS)",
    overrules it.
    """
    key = _key(name)
    tracks = _by_name().get(key) or _by_name().get(_SPONSOR.sub("", key)) or ()
    wanted = _bracketed_country(name) or (_iso_country(country) if country else None)
    if wanted is None:
        return _only(tracks)
    neighbours = next((group for group in NEIGHBOURS if wanted in group), {wanted})
    here = tuple(track for track in tracks if track.country == wanted)
    near = tuple(track for track in tracks if track.country in neighbours)
    return _only(here or near)


def fallback_track(name: str, country: str, time_zone: str) -> Track:
    """A track for a venue that the table does not know: its code is the country and the letters of the name.

    A name of more than ten letters or fewer than three is told from its like by three letters of its digest.
    Such a code has five letters at least, one of the table four at most: they never meet.

    Raises:
        ValueError: `country` is neither an ISO code nor one of racing's, or `time_zone` is no IANA name.
    """
    iso = _iso_country(country)
    if not re.fullmatch(r"[A-Z]{2}", iso):
        raise ValueError(f"{country!r} is not a country code: write XX for an unknown one")
    try:
        ZoneInfo(time_zone)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{time_zone!r} is not an IANA time zone") from error
    key = _key(name)
    letters = re.sub(r"[^A-Z0-9]", "", key.upper())
    if not 3 <= len(letters) <= _FALLBACK_LETTERS or len(letters) != len(key):
        letters = letters[: _FALLBACK_LETTERS - 3] + _digest(key)
    return Track(iso + letters, name.strip(), iso, time_zone, None, None)


def local_date(track: Track, instant_utc: datetime) -> date:
    """The calendar date at the track at an instant.

    Raises:
        ValueError: the instant carries no time zone.
    """
    if instant_utc.tzinfo is None:
        raise ValueError(f"{instant_utc.isoformat()} says no time zone")
    return instant_utc.astimezone(ZoneInfo(track.time_zone)).date()


@cache
def _by_code() -> dict[str, Track]:
    table = resources.files("schemas").joinpath("tracks.csv").read_text(encoding="utf-8")
    return {row["code"]: _track(row) for row in csv.DictReader(table.splitlines())}


@cache
def _by_name() -> dict[str, tuple[Track, ...]]:
    found: defaultdict[str, dict[str, Track]] = defaultdict(dict)
    for track in _by_code().values():
        for name in (track.name, *track.aliases):
            found[_key(name)][track.code] = track
    return {key: tuple(tracks.values()) for key, tracks in found.items()}


def _track(row: dict[str, str]) -> Track:
    aliases = tuple(filter(None, row["aliases"].split("|")))
    place = float(row["latitude"]), float(row["longitude"])
    return Track(row["code"], row["name"], row["country"], row["time_zone"], *place, aliases)


def _key(name: str) -> str:
    """What of a name is compared: "hastings" of "Hastings Racecourse (CAN)", "stmoritz" of "Saint Moritz"."""
    plain = unicodedata.normalize("NFKD", _BRACKETED.sub(" ", name))
    text = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    for spelling, common in _SPELLINGS:
        text = spelling.sub(common, text)
    return text


def _bracketed_country(name: str) -> str | None:
    texts = (text.strip().upper() for text in _BRACKETED.findall(name))
    return next((RACING_COUNTRIES[text] for text in texts if text in RACING_COUNTRIES), None)


def _iso_country(code: str) -> str:
    text = code.strip().upper()
    return RACING_COUNTRIES.get(text, text)


def _only(tracks: tuple[Track, ...]) -> Track | None:
    return tracks[0] if len(tracks) == 1 else None


def _digest(key: str) -> str:
    """Three letters that tell names apart (1 in 17,576 collide)."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(3))
