"""Invented horses, riders and trainers: every name follows from a number."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    """
    Amber Ancient Autumn Bold Brave Brazen Bright Broken Calico Candid Carmine Cedar Civil Clever Copper
    Coral Cosmic Crimson Crystal Daring Distant Double Dusky Eager Early Eastern Ebony Electric Emerald
    Ever Fabled Feather Fiery Final Flying Frosty Gallant Gentle Gilded Golden Grand Hidden Hollow
    Honest Indigo Iron Ivory Jaunty Jolly Keen Lasting Little Lofty Lonely Lucid Lunar Marble Merry
    Midnight Misty Mountain Northern Noble Ocean Olive Patient Polar Quiet Rapid Regal River Rolling
    Rustic Sable Scarlet Secret Silver Solemn Velvet Wandering
    """
)
SECOND = _words(
    """
    Account Admiral Anthem Arrow Avenue Ballad Banner Beacon Bishop Blossom Bramble Bridge Cadence
    Cannon Canyon Caper Castle Cavalier Chapter Chorus Comet Compass Courier Crown Current Dancer
    Delight Diplomat Dispatch Drummer Echo Ember Emperor Fable Falcon Fiddle Flame Forest Fortune Galaxy
    Gambit Garden Glory Harbour Harvest Heron Horizon Island Jester Journey Lantern Legend Letter
    Mariner Meadow Melody Mirage Monarch Oracle Orchard Outlaw Paragon Pilgrim Pioneer Promise Quarter
    Ransom Ridge Riddle Scholar Sentinel Signal Sonnet Spirit Summit Tempest Treasure Valley Voyager
    Whisper
    """
)
SURNAMES = _words(
    """
    Abbott Alder Barlow Beckett Birch Bowen Calder Carver Castell Corrigan Dalton Devlin Drake Ellery
    Everard Fallon Farrow Finch Garner Gilmore Grady Hale Harlow Hewitt Ingram Jarvis Keane Kerrigan
    Lacey Linden Lomax Marlow Mercer Nolan Oakes Pascoe Quill Rafferty Sorrell Tate
    """
)
INITIALS = "ABCDEFGHJKLMNPRSTW"

HORSES = len(FIRST) * len(SECOND)
PEOPLE = len(SURNAMES)
FIELD_LIMIT = 24
"""More runners than any field has: a race's horses are numbers from its own stretch of this length."""

STRIDE = 2477
"""Neighbouring horses have names far apart; coprime with HORSES, so that no horse runs twice in 266 races."""


def horse(race_index: int, entry: int, shift: int) -> tuple[str, str]:
    """Id and name of the horse of an entry; `shift` makes each seed's day another one."""
    number = ((race_index * FIELD_LIMIT + entry) * STRIDE + shift) % HORSES
    return f"sim-{number:04d}", f"{FIRST[number // len(SECOND)]} {SECOND[number % len(SECOND)]}"


def rider(number: int) -> str:
    """Name of a rider, of PEOPLE there are."""
    return f"{INITIALS[number * 5 % len(INITIALS)]}. {SURNAMES[number]}"


def trainer(number: int) -> str:
    """Name of a trainer, of PEOPLE there are."""
    return f"{INITIALS[number * 7 % len(INITIALS)]}. {SURNAMES[-1 - number]}"
