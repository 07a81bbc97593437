"""Who is who over all of Hong Kong's history: horses by brand, riders and trainers in both languages."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from feeds.hong_kong.race import Runner
from feeds.hong_kong.words import COUNTRIES, ORIGINS, horse_of

LONGEST_AWAY = timedelta(days=6 * 365)
"""A brand is borne by another horse after that."""


@dataclass(slots=True)
class Horse:
    """A horse: brands come round again every sixteen years or so, ids do not."""

    horse_id: str
    first: date
    last: date
    name: str | None = None
    chinese: set[str] = field(default_factory=set)

    def away(self, day: date) -> timedelta:
        """How far a day is from those on which the horse ran; negative within them."""
        return max(self.first - day, day - self.last)


@dataclass(frozen=True, slots=True)
class Profile:
    """What the profiles say of a horse for good. What changes after (sex, owner, age) is not taken."""

    color: str | None
    country: str | None
    origin: str | None
    sire: str | None
    dam: str | None
    dam_sire: str | None


@dataclass(slots=True)
class Names:
    """Learned in a first reading of everything: identities and spellings, nothing of how anyone ran."""

    horses: dict[str, list[Horse]] = field(default_factory=lambda: defaultdict(list))
    profiles: dict[str, Profile] = field(default_factory=dict)
    """By horse id."""
    _people: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def meet(self, runner: Runner, day: date) -> None:
        """A runner of a meeting, which knows its horse's id."""
        known = self.horses[runner.brand]
        horse = next((h for h in known if h.horse_id == runner.horse_id), None)
        if horse is None:
            horse = Horse(runner.horse_id, day, day)
            known.append(horse)
        horse.name = runner.name or horse.name
        horse.last = max(horse.last, day)

    def translate(self, chinese: str | None, english: str | None) -> None:
        """The same rider or trainer of the same runner in both languages."""
        if chinese and english:
            self._people[chinese][english] += 1

    def meet_chinese(self, runner: Runner, day: date) -> None:
        """A runner of the details, which know only the brand: the horse of that brand nearest in time."""
        horse = self.horse(runner.brand, day)
        if horse is None:
            horse = Horse(f"HK_{runner.brand}", day, day)
            self.horses[runner.brand].append(horse)
        horse.chinese.add(runner.name)
        horse.first, horse.last = min(horse.first, day), max(horse.last, day)

    def horse(self, brand: str, day: date) -> Horse | None:
        """The horse that bore a brand on a day."""
        known = [h for h in self.horses.get(brand, []) if h.away(day) < LONGEST_AWAY]
        return min(known, key=lambda h: h.away(day), default=None)

    def person(self, chinese: str | None) -> str | None:
        """A rider or trainer in English, as the meetings spell them; as told where they never do."""
        spellings = self._people.get(chinese or "")
        return spellings.most_common(1)[0][0] if spellings else chinese

    def take_profile(self, cells: dict[str, str]) -> bool:
        """Give a profile to the horse it tells of; False where none with that brand and name ran."""
        named = horse_of(cells["name"])
        if named is None:
            raise ValueError(f"horse {cells['name']!r} has no brand in brackets")
        ran = [horse for horse in self.horses.get(named[1], []) if horse.chinese]
        horse = next((h for h in ran if named[0] in h.chinese), ran[0] if len(ran) == 1 else None)
        if horse is None:
            return False
        color = cells["毛色___性別"].partition("/")[0].strip()
        self.profiles[horse.horse_id] = Profile(
            color or None,
            COUNTRIES.get(cells["出生地"], cells["出生地"]) or None,
            ORIGINS.get(cells["進口類別"], cells["進口類別"]) or None,
            cells["父系"].strip() or None,
            cells["母系"].strip() or None,
            cells["外祖父"].strip() or None,
        )
        return True
