import gzip
import lzma
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from feeds.us.files import find, lines_of, table_of, text_of
from schemas.errors import FeedError

Line = Callable[..., list[str]]
Write = Callable[..., Path]


def test_files_are_known_by_what_is_in_them(line: Line, write: Write) -> None:
    write("SAR0607.DRF", [line()])
    write("codes.csv", [["code", "name"], ["BEL", "Belmont"]])
    write("BEL09292018.1", [["BEL"]])
    folder = write("BEL09292018.2", [["BEL"]])
    (folder / "chart.pdf").write_bytes(b"%PDF")
    counts: Counter[str] = Counter()
    found = find([folder], counts)
    assert [source.name for source in found.past] == ["SAR0607.DRF"]
    ((name, parts),) = found.charts.items()
    assert (Path(name).name, sorted(parts)) == ("BEL09292018", ["1", "2"])
    assert counts["other files, left alone"] == 2


def test_members_of_archives(line: Line, write: Write, tmp_path: Path) -> None:
    write("SAR0607.DRF", [line()])
    with zipfile.ZipFile(tmp_path / "SAR0607.zip", "w") as archive:
        archive.write(tmp_path / "SAR0607.DRF", "SAR0607.DRF")
        archive.writestr("BEL09292018.1", '"BEL"\n')
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 cut off")
    found = find([tmp_path / "SAR0607.zip", tmp_path / "broken.zip"], Counter())
    assert [source.name for source in found.past] == ["SAR0607.DRF"]
    assert len(found.charts) == 1
    assert [name for name, _ in found.broken] == ["broken.zip"]
    (told,) = lines_of(found.past[0])
    assert (told.origin, len(told.cells)) == ("SAR0607.DRF:1", 1435)


@pytest.mark.parametrize("packer", [lzma.compress, gzip.compress])
def test_a_packed_file_cut_short_tells_what_could_be_read(
    packer: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    data = packer("".join(f"{n},{n * n % 977}\n" for n in range(40_000)).encode())
    path = tmp_path / ("rows.csv" + (".xz" if packer is lzma.compress else ".gz"))
    path.write_bytes(data[: len(data) // 2])
    *lines, last = lines_of(path)
    assert "cut off or corrupt" in (last.error or "")
    assert all(told.error is None for told in lines)
    if packer is gzip.compress:
        assert lines[0].cells == ["0", "0"]


def test_letters_of_the_old_code_page(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("Château,1\n".encode("cp1252"))
    assert text_of(tmp_path / "a.csv") == ("Château,1\n", None)


def test_a_table_s_lines_by_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3\n")
    first, second = table_of(tmp_path / "a.csv")
    assert first.cells == {"a": "1", "b": "2"}
    assert second.error == "1 cells where the header has 2"


def test_places_without_such_records_are_errors(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    for path, why in (
        (tmp_path, "no records there"),
        (tmp_path / "a.csv", "neither"),
        (tmp_path / "b", "no such"),
    ):
        with pytest.raises(FeedError, match=why):
            find([path], Counter())
