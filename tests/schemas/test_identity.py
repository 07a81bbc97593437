import doctest
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from schemas import identity
from schemas.identity import (
    NAMESPACE,
    digest_of,
    instant,
    iso,
    micros,
    numbered_race,
    timed_race,
    uuid_of,
)

FIRST = micros(datetime(1, 1, 1, tzinfo=UTC))
LAST = micros(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
event_ids = st.lists(st.text(max_size=5).map(uuid_of), unique=True, max_size=8)


def test_the_examples_in_the_docs_run() -> None:
    ran = doctest.testmod(identity)
    assert ran.attempted >= 5
    assert ran.failed == 0


@given(st.text())
def test_an_id_is_the_standard_library_s_uuid5(name: str) -> None:
    assert uuid_of(name) == str(uuid5(NAMESPACE, name))


def test_an_id_of_bytes_is_that_of_their_text_and_never_changes() -> None:
    assert uuid_of(b"betfair:1.2:3") == uuid_of("betfair:1.2:3") == "1d1a8c2f-98f9-5b5b-9a1f-497cf5aec283"
    assert UUID(uuid_of("a")).version == 5


@given(event_ids, st.randoms())
def test_the_digest_of_a_set_does_not_depend_on_order(ids: list[str], random: Random) -> None:
    shuffled = ids.copy()
    random.shuffle(shuffled)
    assert digest_of(shuffled) == digest_of(ids)


@given(event_ids, event_ids)
def test_a_digest_grows_by_what_is_added(some: list[str], more: list[str]) -> None:
    assert digest_of([*some, *more]) == (digest_of(some) + digest_of(more)) % (1 << 128)


def test_a_digest_tells_sets_apart() -> None:
    a, b = uuid_of("a"), uuid_of("b")
    assert len({digest_of([]), digest_of([a]), digest_of([b]), digest_of([a, b])}) == 4
    assert digest_of([]) == 0


def test_a_race_is_its_track_local_date_and_number() -> None:
    assert numbered_race("BEL", date(2023, 7, 15), 1) == "BEL-20230715-01"
    assert numbered_race("BEL", date(2023, 7, 15), 12) == "BEL-20230715-12"


def test_a_race_without_a_number_is_its_first_off_in_utc() -> None:
    sydney = timezone(timedelta(hours=11))
    off = datetime(2022, 11, 1, 12, 49, tzinfo=sydney)
    assert timed_race("SUNS", date(2022, 11, 1), off) == "SUNS-20221101-T0149"


@given(st.integers(FIRST, LAST))
def test_microseconds_and_instants_are_each_other_s_inverse(value: int) -> None:
    assert micros(instant(value)) == value


@given(st.integers(0, LAST))
def test_iso_text_reads_back_as_the_same_instant(value: int) -> None:
    assert datetime.fromisoformat(iso(value)) == instant(value)


def test_micros_of_an_instant_elsewhere_are_those_of_utc() -> None:
    noon = datetime(2023, 7, 15, 12, tzinfo=timezone(timedelta(hours=-4)))
    assert micros(noon) == micros(datetime(2023, 7, 15, 16, tzinfo=UTC)) == 1_689_436_800_000_000
