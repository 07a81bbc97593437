import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from feeds.tables import letter, rows


@pytest.mark.parametrize(("suffix", "pack"), [("", bytes), (".xz", lzma.compress), (".gz", gzip.compress)])
def test_tables_are_read_packed_or_plain(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"a.csv{suffix}"
    data = "\ufeffx,y\r\n1,一\r\n\r\n3\r\n".encode()
    path.write_bytes(pack(data))
    first, second = rows(path)
    assert (first.cells, first.origin) == ({"x": "1", "y": "一"}, f"{path.name}:2")
    assert second.error == "1 cells where the header has 2"


def test_a_table_cut_short_ends_with_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.xz"
    path.write_bytes(lzma.compress(b"x\n1\n")[:-12])
    *_, last = rows(path)
    assert last.error is not None
    assert "cut off or corrupt" in last.error
    name, dead = letter("somewhere", last, last.error)
    assert (name, dead["source"]) == ("DeadLetter", "somewhere")
