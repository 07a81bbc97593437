from collections import Counter
from pathlib import Path

import pytest

from feeds import anz_bsp, hong_kong, uk_ire, us
from hpr.histories import NAMES, reader
from schemas.errors import FeedError, SettingsError


def test_every_provider_is_read_by_its_name() -> None:
    assert NAMES == (hong_kong.SOURCE, uk_ire.SOURCE, anz_bsp.SOURCE, us.SOURCE)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_folder_is_an_error_of_the_feed(name: str, tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="there"):
        next(reader(name)([tmp_path], None, None, Counter()))  # type: ignore[arg-type]


def test_most_providers_have_one_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="one folder of uk-ire records, not 2"):
        reader("uk-ire")([tmp_path, tmp_path], None, None, Counter())
