from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastavro import reader
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.codec import default_codec
from schemas.errors import ArchiveError
from streams.archive.blocks import read_blocks, read_head, read_rows, records
from streams.archive.container import RAW, Record, encode_row, schema_of, write_file
from tests.streams.events import odds, price

CODEC = default_codec()
EVENTS = [odds([price("1", 3.0 + n), price("2", 4.0)], n) for n in range(300)]
RECORDS = [
    Record("racing.odds", 2, 10 + n, 1_700_000_000_000 + n, b"BEL", CODEC.encode("OddsUpdate", event))
    for n, event in enumerate(EVENTS)
]


def file_of(given: list[Record]) -> bytes:
    id = schema_of(given[0], CODEC.history.schemas)
    value = None if id is None else CODEC.history.schemas[id]
    return write_file("racing.odds", 2, id, value, [encode_row(each, id is None) for each in given])


def read(data: bytes, key: bytes | None = None) -> list[Record]:
    head = read_head(data, "file")
    return [
        r for count, block in read_blocks(data, head, "file") for r in records(block, count, head, "f", key)
    ]


def test_any_reader_of_avro_reads_a_file() -> None:
    rows: list[Any] = list(reader(BytesIO(file_of(RECORDS))))
    assert [str(row["value"]["event_id"]) for row in rows] == [event["event_id"] for event in EVENTS]
    assert [row["offset"] for row in rows] == [each.offset for each in RECORDS]


def test_records_are_read_back_bit_by_bit() -> None:
    assert read(file_of(RECORDS)) == RECORDS
    assert read(file_of(RECORDS), b"BEL") == RECORDS
    assert read(file_of(RECORDS), b"SAR") == []


def test_the_same_rows_give_the_same_bytes() -> None:
    assert file_of(RECORDS) == file_of(RECORDS)


headers = st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=5)), max_size=3)


@given(st.none() | st.binary(max_size=300), st.none() | st.binary(max_size=20), headers.map(tuple))
def test_values_of_no_known_schema_are_kept_raw_with_key_and_headers(
    value: bytes | None, key: bytes | None, found: tuple[tuple[str, bytes | None], ...]
) -> None:
    given = [Record("racing.odds", 2, 0, 0, key, value, found), Record("racing.odds", 2, 1, 5, key, value)]
    rows = [encode_row(each, True) for each in given]
    assert read(write_file("racing.odds", 2, None, None, rows)) == given


def test_a_schema_from_the_future_is_kept_raw() -> None:
    future = replace(RECORDS[0], value=b"\x00\x00\x0f\xff\xff" + b"what a later release says")
    assert schema_of(future, CODEC.history.schemas) is None
    data = file_of([future])
    assert read_head(data, "file").schema_id is None
    assert read(data) == [future]
    assert RAW.encode() in data


@pytest.mark.parametrize("at", [0, 3, 40, 600, -200, -17, -1])
def test_a_file_cut_off_anywhere_is_an_error_that_names_it(at: int) -> None:
    with pytest.raises(ArchiveError, match=r"^file: .*archive verify"):
        read(file_of(RECORDS)[:at])


@pytest.mark.parametrize("at", [0, 8, -200, -17, -1])
def test_a_file_altered_is_an_error_that_names_it(at: int) -> None:
    data = bytearray(file_of(RECORDS))
    data[at] ^= 0xFF
    with pytest.raises(ArchiveError, match=r"^file: .*archive verify"):
        read(bytes(data))


def test_rows_end_where_their_block_does() -> None:
    block = encode_row(RECORDS[0], False)
    with pytest.raises(ArchiveError, match="do not end"):
        list(read_rows(block + b"x", 1, "file"))
    with pytest.raises(ArchiveError, match="do not end"):
        list(read_rows(block[:-1], 1, "file"))


def test_a_file_that_is_no_archives_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="does not begin as an Avro file"):
        read_head(b"PAR1", "file")
