from datetime import date

from feeds.hong_kong.names import Names
from feeds.hong_kong.race import Runner

PROFILE = {
    "name": "甲 (K212) (已退役)", "出生地": "澳洲", "毛色___性別": "棗 / 閹", "進口類別": "自購馬",
    "馬主": "某人",
    "父系": "Sire", "母系": "Dam", "外祖父": "", "出生地___馬齡": "澳洲 / 4", "進口日期": "",
}  # fmt: skip


def two_horses_of_one_brand() -> Names:
    names = Names()
    names.meet(Runner("K212", "HK_2008_K212", "OLD"), date(2010, 1, 1))
    names.meet(Runner("K212", "HK_2024_K212", "NEW"), date(2025, 4, 13))
    names.meet_chinese(Runner("K212", "", "甲"), date(2025, 4, 13))
    return names


def test_a_brand_is_the_horse_nearest_in_time() -> None:
    names = two_horses_of_one_brand()
    assert names.horse("K212", date(2025, 7, 1)).horse_id == "HK_2024_K212"  # type: ignore[union-attr]
    assert names.horse("K212", date(2011, 1, 1)).horse_id == "HK_2008_K212"  # type: ignore[union-attr]
    assert names.horse("K212", date(2018, 1, 1)) is None


def test_a_profile_is_of_the_horse_with_its_name_and_tells_nothing_that_changes() -> None:
    names = two_horses_of_one_brand()
    assert names.take_profile(PROFILE)
    profile = names.profiles["HK_2024_K212"]
    assert (profile.sire, profile.dam, profile.dam_sire, profile.country) == ("Sire", "Dam", None, "AUS")
    assert not {"sex", "owner", "age"} & set(profile.__slots__)


def test_a_profile_of_a_horse_that_never_ran_is_nobodys() -> None:
    assert not Names().take_profile(PROFILE)


def test_riders_get_the_spelling_that_runners_in_both_languages_have_most_often() -> None:
    names = Names()
    for english in ("Z Purton", "Z Purton", "J Moreira"):
        names.translate("潘頓", english)
    assert names.person("潘頓") == "Z Purton"
    assert names.person("某人") == "某人"
    assert names.person(None) is None
