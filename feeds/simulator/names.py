"""Invented horses, riders and trainers: every name follows from a number."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    """
    Amber Ancient Autumn Bold Brave Brazen Bright Broken Calico Candid Carmine Cedar Civil Clever Copper
    Coral Cosmic Crimson Crystal Daring Distant Double Dusky Eager Early Eastern Ebony Electric Emerald
    Ever Fabled Feather Fiery Final Flying Frosty Gallant Gentle Gilded Golden Grand Hidden Hollow
    Honest Humble Indigo Iron Ivory Jaunty Jolly Keen Lasting Little Lofty Lonely Lucid Lunar Marble Merry
    Midnight Misty Mountain Northern Noble Ocean Olive Patient Polar Quiet Rapid Regal River Rolling
    Rustic Sable Scarlet Secret Silver Solemn Tender Velvet Wandering Willing
    """
)
SECOND = _words(
    """
    Account Acrobat Admiral Anthem Arrow Avenue Ballad Banner Beacon Bishop Blossom Bramble Bridge Cadence
    Cannon Canyon Caper Castle Cavalier Chapter Chorus Comet Compass Courier Crown Current Dancer
    Delight Diplomat Dispatch Drummer Echo Ember Emperor Fable Falcon Fiddle Flame Forest Fortune Galaxy
    Gambit Garden Glory Harbour Harvest Heron Horizon Island Jester Journey Lantern Legend Letter
    Mariner Meadow Melody Mirage Monarch Oracle Orchard Outlaw Paragon Pilgrim Pioneer Promise Quarter
    Ransom Ridge Riddle Scholar Sentinel Signal Sonnet Spirit Summit Tempest Treasure Valley Voyager
    Whisper Willow Window Wonder
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

PAIRS = len(FIRST) * len(SECOND)
PATTERNS = 3
"""Horses are called Amber Anthem, Amberanthem or The Amber Anthem."""

NAMES = PATTERNS * PAIRS
"""Names of horses there are: more than a country has horses."""

PEOPLE = len(SURNAMES) * len(INITIALS)

STRIDE = 2477
"""Neighbours have names far apart; coprime with NAMES, so that no two are the same."""


def horse(number: int, shift: int) -> str:
    """Name of a horse, of NAMES there are; `shift` makes each seed's country another one."""
    pattern, pair = divmod((number * STRIDE + shift) % NAMES, PAIRS)
    first, second = FIRST[pair // len(SECOND)], SECOND[pair % len(SECOND)]
    return (f"{first} {second}", f"{first}{second.lower()}", f"The {first} {second}")[pattern]


def rider(number: int) -> str:
    """Name of a rider, of PEOPLE there are."""
    initial, surname = divmod(number, len(SURNAMES))
    return f"{INITIALS[(initial + 5 * surname) % len(INITIALS)]}. {SURNAMES[surname]}"


def trainer(number: int) -> str:
    """Name of a trainer, of PEOPLE there are."""
    initial, surname = divmod(number, len(SURNAMES))
    return f"{INITIALS[(initial + 7 * surname) % len(INITIALS)]}. {SURNAMES[-1 - surname]}"
