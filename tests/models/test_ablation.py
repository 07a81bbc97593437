"""What a group adds is told by fitting again without it."""

from datetime import date

from models.ablation import ablations, groups
from models.form.features import FEATURE_GROUPS
from tests.models.trained_world import table


def test_each_group_has_a_row_and_ability_is_worth_most_of_nothing_else() -> None:
    fits: list[int] = []
    tried = ablations(table(), date(2025, 1, 1), date(2026, 1, 1), done=lambda: fits.append(1))
    found = {row["without"]: row for row in tried}
    assert len(fits) == 1 + len(groups())
    assert set(found) == {group for group, names in FEATURE_GROUPS.items() if names}
    for row in found.values():
        assert -0.05 < float(row["adds_r2"]) < 0.2
        assert row["races"] == next(iter(found.values()))["races"]
