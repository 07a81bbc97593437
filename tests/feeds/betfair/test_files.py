import bz2
import gzip
import io
import random
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from feeds.betfair import files
from feeds.betfair.files import Capture, Line, captures_of, find_captures, merged, publish_time, read
from schemas.errors import FeedError

LINES = [b'{"op":"mcm","pt":%d,"mc":[]}' % (1000 + n) for n in range(5)]
TEXT = b"".join(line + b"\n" for line in LINES)
LONG = b"".join(b'{"op":"mcm","pt":%d,"clk":"%d"}\n' % (n, n * n) for n in range(40_000))


def zipped(*members: bytes, **named: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in {**{str(n): m for n, m in enumerate(members)}, **named}.items():
            archive.writestr(name, member)
    return out.getvalue()


def encrypted(archive: bytes) -> bytes:
    """The archive with the flag set that says its members need a password."""
    marked = bytearray(archive)
    marked[6] |= 1
    marked[archive.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(marked)


def damaged(packed: bytes) -> bytes:
    middle = len(packed) // 2
    return packed[:middle] + b"\xff" * 40 + packed[middle + 40 :]


def data(path: Path) -> list[bytes]:
    lines = list(merged([path]))
    assert [line.error for line in lines] == [None] * len(lines)
    return [line.data for line in lines]


def only(path: Path) -> Capture:
    (capture,) = captures_of([path])
    return capture


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


File = Callable[[str, bytes], Path]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.bz2", bz2.compress(TEXT)),
        ("a.gz", gzip.compress(TEXT)),
        ("a.zip", zipped(TEXT)),
        ("1.201590187", TEXT),
        ("a.json", TEXT),
        ("unended.json", TEXT.rstrip()),
        ("two-streams.bz2", bz2.compress(TEXT[:40]) + bz2.compress(TEXT[40:])),
        ("two-members.zip", zipped(b"\n".join(LINES[:3]), b"\n".join(LINES[3:]))),
        ("members-in-turns.zip", zipped(b"\n".join(LINES[::2]), b"\n".join(LINES[1::2]))),
        ("packed-members.zip", zipped(**{"a.bz2": bz2.compress(TEXT), "folder/": b""})),
        ("a-list-and-lines.zip", zipped(b"[" + b",".join(LINES[:2]) + b"]", b"\n".join(LINES[2:]))),
        ("windows.json", TEXT.replace(b"\n", b"\r\n")),
        ("blank-lines.json", TEXT.replace(b"\n", b"\r\n\r\n \n")),
        ("list.json", b"[" + b",".join(LINES) + b"]"),
        ("pretty-list.json", b"[\n  " + b",\n  ".join(LINES) + b"\n]\n"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_messages_are_the_same_however_they_are_packed(file: File, name: str, content: bytes) -> None:
    assert [line.strip() for line in data(file(name, content))] == LINES


def test_one_document_over_many_lines_is_one_message(file: File) -> None:
    document = b'{\n  "op": "mcm",\n  "pt": 1000\n}\n'
    assert data(file("image.json", document)) == [document]


@pytest.mark.parametrize(("name", "pack"), [("a.bz2", bz2.compress), ("a.gz", gzip.compress), ("a", bytes)])
@pytest.mark.parametrize("ahead", [False, True])
def test_files_of_many_chunks_are_cut_into_whole_messages(
    file: File, name: str, pack: Callable[[bytes], bytes], ahead: bool
) -> None:
    lines = list(read(file(name, pack(LONG)), ahead))
    assert b"".join(line.data + b"\n" for line in lines) == LONG
    assert [line.number for line in lines] == list(range(1, 40_001))


def test_a_line_says_where_it_stands(file: File) -> None:
    assert next(read(file("1.2.bz2", bz2.compress(TEXT)))).origin == "1.2.bz2:1"
    *_, last = merged([file("1.3.zip", zipped(**{"day/1.4": TEXT}))])
    assert last.origin == "1.3.zip/day/1.4:5"


@pytest.mark.parametrize("name", ["empty.json", "empty.bz2"])
def test_an_empty_file_has_no_messages(file: File, name: str) -> None:
    assert data(file(name, b"")) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.bz2", bz2.compress(LONG)[:-4000]),
        ("cut.gz", gzip.compress(LONG)[:-4000]),
        ("damaged.bz2", damaged(bz2.compress(LONG))),
        ("damaged.gz", damaged(gzip.compress(LONG))),
        ("damaged.zip", damaged(zipped(LONG))),
        ("rubbish-after.bz2", bz2.compress(LONG) + b"rubbish"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("ahead", [False, True])
def test_a_file_that_turns_bad_gives_what_could_be_read_and_then_says_so(
    file: File, name: str, content: bytes, ahead: bool
) -> None:
    *whole, last = read(only(file(name, content)), ahead)
    assert last.error is not None
    assert last.error.startswith("capture is cut off or corrupt: ")
    assert all(line.error is None for line in whole)
    assert all(LONG.startswith(line.data) for line in whole[:1])
    if name not in ("damaged.gz", "damaged.zip"):  # deflate notices only at the checksum
        assert LONG.startswith(b"".join(line.data + b"\n" for line in whole))


@pytest.mark.parametrize("name", ["plain.bz2", "plain.gz", "plain.zip"])
def test_a_file_that_is_not_what_its_name_says_is_one_error(file: File, name: str) -> None:
    (line,) = merged([file(name, TEXT)])
    assert line.error is not None


def test_an_archive_within_an_archive_is_one_error(file: File) -> None:
    (line,) = merged([file("outer.zip", zipped(**{"inner.zip": zipped(TEXT)}))])
    assert "one within another" in (line.error or "")


def test_a_member_that_turns_bad_leaves_the_others_alone(file: File) -> None:
    cut = bz2.compress(LONG)[:-4000]
    lines = list(merged([file("a.zip", zipped(**{"cut.bz2": cut, "good": TEXT}))]))
    assert [line.file for line in lines if line.error] == ["a.zip/cut.bz2"]
    assert [line.data for line in lines if line.file == "a.zip/good"] == LINES


def test_an_archive_under_a_password_is_one_error(file: File) -> None:
    (line,) = merged([file("locked.zip", encrypted(zipped(TEXT)))])
    assert "password" in (line.error or "")


def test_a_list_cut_short_is_handed_on_whole(file: File) -> None:
    cut = b'[{"op":"mcm","pt":1},{"op":"mc'
    assert data(file("cut.json", cut)) == [cut]


def test_brackets_without_end_are_handed_on_whole(file: File) -> None:
    assert data(file("deep.json", b"[" * 100_000)) == [b"[" * 100_000]


@pytest.mark.parametrize(("name", "pack"), [("a.bz2", bz2.compress), ("a", bytes)])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_without_end_is_cut_off_at_the_limit_and_the_next_is_read(
    file: File, monkeypatch: pytest.MonkeyPatch, name: str, pack: Callable[[bytes], bytes], end: bytes
) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 300_000)
    endless = random.Random(1).randbytes(1_000_000).replace(b"\n", b"")
    first, long, *after = read(file(name, pack(LINES[0] + b"\n" + endless + end + (TEXT if end else b""))))
    assert first.data == LINES[0]
    assert (long.number, long.data) == (2, endless[:300_000])
    assert long.error == "cut off: no line end within 300000 bytes"
    assert after == [Line(data, name, n) for n, data in enumerate(LINES if end else [], 3)]


def test_a_line_of_just_the_limit_is_whole(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 300_000)
    assert data(file("a", b"x" * 300_000 + b"\n" + LINES[0])) == [b"x" * 300_000, LINES[0]]


def test_a_list_may_be_longer_than_any_line(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 300_000)
    assert len(data(file("a.json", b"[" + b",".join(LINES * 10_000) + b"]"))) == 50_000


def test_folders_stand_for_all_they_hold_sorted_and_once(file: File, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    second, first, deep = file("b.bz2", b""), file("a.bz2", b""), file("deep/c.bz2", b"")
    assert find_captures([tmp_path]) == [first, second, deep]
    assert find_captures([second, tmp_path]) == [second, first, deep]


def test_a_missing_path_and_an_empty_folder_are_errors_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="nowhere: no such file or folder"):
        find_captures([tmp_path / "nowhere"])
    with pytest.raises(FeedError, match="no captures there"):
        find_captures([tmp_path])


def capture(*times: int) -> bytes:
    return b"".join(b'{"op":"mcm","pt":%d}\n' % time for time in times)


def times(lines: list[Line]) -> list[int]:
    return [publish_time(line.data, -1) for line in lines]


def test_files_are_merged_by_publish_time(file: File) -> None:
    paths = [
        file("a.bz2", bz2.compress(capture(10, 40, 50))),
        file("b.json", capture(20, 30, 60)),
        file("c.gz", gzip.compress(capture(100, 110))),
    ]
    assert times(list(merged(paths))) == [10, 20, 30, 40, 50, 60, 100, 110]


def test_files_are_merged_without_threads_if_so_asked(file: File) -> None:
    paths = [file("a.json", capture(10, 40)), file("b.json", capture(20, 30))]
    for some, order in ((paths, [10, 20, 30, 40]), (paths[:1], [10, 40])):
        merging = merged(some, ahead=False)
        found = [next(merging)]
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("unpack")]
        assert times([*found, *merging]) == order


def test_at_one_instant_files_come_in_the_order_given(file: File) -> None:
    first, second = file("b.json", capture(10, 10, 20)), file("a.json", capture(10, 20))
    assert [line.file for line in merged([first, second])] == [
        "b.json",
        "b.json",
        "a.json",
        "b.json",
        "a.json",
    ]


def test_a_message_without_time_follows_the_one_before_it(file: File) -> None:
    a = file("a.json", b'{"pt":10}\nrubbish\n{"pt":30}\n')
    lines = list(merged([a, file("b.json", capture(20))]))
    assert [line.data for line in lines] == [b'{"pt":10}', b"rubbish", b'{"op":"mcm","pt":20}', b'{"pt":30}']


def test_times_that_go_backwards_keep_the_order_of_their_file(file: File) -> None:
    lines = list(merged([file("a.json", capture(30, 10, 40)), file("b.json", capture(35))]))
    assert times(lines) == [30, 10, 35, 40]


def test_empty_and_broken_files_do_not_stop_the_others(file: File) -> None:
    paths = [file("empty.json", b""), file("broken.bz2", b"rubbish"), file("good.json", capture(10, 20))]
    lines = list(merged(paths))
    assert [line.error is None for line in lines] == [False, True, True]


@pytest.mark.parametrize(
    ("text", "time"),
    [(b'{"op":"mcm","pt":15}', 15), (b'{"pt" : 15}', 15), (b'{"op":"status"}', -1), (b'{"pt":"15"}', -1)],
)
def test_publish_time_is_found_by_its_text(text: bytes, time: int) -> None:
    assert publish_time(text, -1) == time


def test_a_publish_time_of_thousands_of_digits_is_no_trouble() -> None:
    assert publish_time(b'{"pt":' + b"1" * 5000 + b"}", -1) > 0
