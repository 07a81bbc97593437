"""The Jockey Club's words and codes, Chinese and English, in the words that events use."""

import re

from schemas.records import Surface

VENUES = {"ST": "HKST", "HV": "HKHV", "沙田": "HKST", "跑馬地": "HKHV"}
"""Track code in schemas/tracks.csv of each way in which the sources write a venue."""

GOINGS = {
    "好地": "GOOD", "好地至快地": "GOOD TO FIRM", "好地至黏地": "GOOD TO YIELDING", "黏地": "YIELDING",
    "黏地至軟地": "YIELDING TO SOFT", "軟地": "SOFT", "大爛地": "HEAVY", "快地": "FAST", "慢地": "SLOW",
    "濕快地": "WET FAST", "濕慢地": "WET SLOW", "封地": "SEALED",
}  # fmt: skip

CLASSES = {
    "第一班": "Class 1", "第二班": "Class 2", "第三班": "Class 3", "第四班": "Class 4", "第五班": "Class 5",
    "第三班（條件限制）": "Class 3 (Restricted)", "第四班（條件限制）": "Class 4 (Restricted)",
    "香港三級賽": "Hong Kong Group Three",
}  # fmt: skip

COUNTRIES = {
    "澳洲": "AUS", "紐西蘭": "NZ", "愛爾蘭": "IRE", "英國": "GB", "法國": "FR", "日本": "JPN", "美國": "USA",
    "南非": "SAF", "德國": "GER", "巴西": "BRZ", "阿根廷": "ARG", "意大利": "ITY", "智利": "CHI",
    "西班牙": "SPA", "加拿大": "CAN",
}  # fmt: skip

ORIGINS = {
    "自購新馬": "PPG", "自購馬": "PP", "國際拍賣會新馬": "ISG", "訪港馬匹": "VISITOR",
}  # fmt: skip
"""Import categories: privately purchased griffin or horse, International Sale griffin, visitor."""

POOLS = {
    "獨贏": "WIN", "位置": "PLACE", "連贏": "QUINELLA", "位置Q": "QUINELLA PLACE", "二重彩": "FORECAST",
    "三重彩": "TIERCE", "單T": "TRIO", "四連環": "FIRST 4", "四重彩": "QUARTET",
    "三T": "TRIPLE TRIO", "三T(安慰獎)": "TRIPLE TRIO CONSOLATION", "六環彩": "SIX UP", "三寶": "TREBLE",
}  # fmt: skip
_LEGGED = {"孖寶": "DOUBLE", "孖T": "DOUBLE TRIO", "三寶": "TREBLE"}
_LEG = re.compile(r"^第.+口(孖寶|孖T|三寶)$")

MARGINS = {
    "平頭馬": 0.0, "鼻位": 0.05, "短馬頭位": 0.1, "頭位": 0.2, "頸位": 0.3,
    "DH": 0.0, "NOSE": 0.05, "SH": 0.1, "HD": 0.2, "N": 0.3, "NK": 0.3,
}  # fmt: skip
"""Lengths of the named margins: nose, short head, head, neck; the rest is "2-1/2"."""

LOWEST_ODDS = 1.01

_MARGIN = re.compile(r"^(?:(\d+))?(?:-?(\d)/(\d))?$")
_NAME = re.compile(r"^(.*?)\s*\(C?([A-Z]\d{3})\)")
_COURSE = re.compile(r'"([^"]+)"')
SCRATCHED = re.compile(r"^W[VX]")
"""Place codes of horses taken out: WV on veterinary advice, WX by the stewards, and their kinds."""


def pool_of(word: str) -> str | None:
    """Pool of a Chinese name; None for those that are no bet on runners' places."""
    leg = _LEG.match(word)
    return _LEGGED[leg[1]] if leg else POOLS.get(word)


def horse_of(text: str) -> tuple[str, str] | None:
    """Name and brand of "FORTUNE DRAGON  (CH324)" or "通勝 (S246) (已退役)"; what follows is not read.

    >>> horse_of("FORTUNE DRAGON  (CH324)")
    ('FORTUNE DRAGON', 'H324')
    """
    match = _NAME.match(text.strip())
    return (match[1], match[2]) if match else None


def course_of(text: str) -> tuple[Surface, str]:
    """Surface and rail position: the turf's "C+3", or AWT for Sha Tin's all-weather track, which is dirt.

    >>> course_of('TURF - "C+3" Course')
    ('TURF', 'C+3')
    """
    rail = _COURSE.search(text)
    return ("TURF", rail[1]) if rail else ("DIRT", "AWT")


def lengths_of(text: str) -> float | None:
    """Lengths of a margin as written; None where it gives none ("---", "many lengths").

    >>> lengths_of("2-1/2"), lengths_of("3/4"), lengths_of("頸位")
    (2.5, 0.75, 0.3)
    """
    text = text.strip()
    if text in MARGINS:
        return MARGINS[text]
    match = _MARGIN.match(text)
    if not match or not text:
        return None
    return int(match[1] or 0) + (int(match[2]) / int(match[3]) if match[2] else 0.0)


def seconds_of(text: str) -> float | None:
    """Seconds of "1:23.30" or "23.30 11.50 11.80", whose first is the whole; None where there are none."""
    first = text.split()[:1]
    try:
        minutes, _, rest = first[0].rpartition(":") if first else ("", "", "")
        return round(int(minutes or 0) * 60 + float(rest), 2)
    except ValueError:
        return None


def odds_of(odds: float | None) -> float | None:
    """Final odds, which are cut to one decimal: 1.0 stands for up to 1.09, and is no price as it is."""
    return None if odds is None else max(odds, LOWEST_ODDS)


def number_of(text: str) -> int | None:
    """A whole number, None for "---" or nothing."""
    return int(text) if text.strip().isdecimal() else None
