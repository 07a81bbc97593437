"""What each group of features adds: the logit of form fitted again without it, judged on the same races."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import numpy as np

from models.evaluation import Row
from models.form.features import AT, FEATURE_GROUPS
from models.layout import Floats
from models.losses import paired_z, winner_loss
from models.softmax import softmax
from models.table import Table
from models.training import fit_logit
from models.windows import Done, known_before

Say = Callable[[str], None]


def groups() -> list[str]:
    """The groups that have any feature."""
    return [group for group, names in FEATURE_GROUPS.items() if names]


def ablations(
    table: Table, first: date, last: date, say: Say = lambda _: None, done: Done = lambda: None
) -> Iterator[Row]:
    """A row a group: R2 lost without it, and the paired z of what it adds; fitted once, before `first`.

    `last` is the first day that is not judged. A group that adds nothing has a z about 0 and says so. `done`
    is called after each fit: one more than there are groups.
    """
    known = table.where(known_before(table, first.toordinal()))
    test = table.where((table.day >= first.toordinal()) & (table.day < last.toordinal()) & table.sample())
    say("ablations: all")
    whole, even = _loss(known, test, ()), np.log(test.runners).sum()
    done()
    for group in groups():
        names = FEATURE_GROUPS[group]
        say(f"ablations: {group}")
        less = _loss(known, test, names)
        done()
        yield {
            "without": group,
            "races": len(whole),
            "columns": len(names),
            "r2": round(1.0 - float(less.sum() / even), 5),
            "adds_r2": round(float((less.sum() - whole.sum()) / even), 5),
            "z": round(paired_z(less - whole), 2),
        }


def _loss(known: Table, test: Table, without: tuple[str, ...]) -> Floats:
    keep = np.ones(known.features.shape[1], dtype=np.bool_)
    keep[[AT[name] for name in without if name in AT]] = False
    model = fit_logit(replace(known, features=known.features[:, keep]))
    scores = model.score(test.features[:, keep], test.start)
    return winner_loss(softmax(scores, test.start), test)
