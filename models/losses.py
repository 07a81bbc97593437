"""What a race costs a model, and whether one model costs less than another by more than chance."""

import numpy as np

from models.layout import Floats
from models.softmax import sums
from models.table import Table


def winner_loss(win: Floats, table: Table) -> Floats:
    """Log-loss of each race's winner, (races,)."""
    won = table.position == 1.0
    loss: Floats = -sums(np.where(won, np.log(np.maximum(win, 1e-12)), 0.0), table.start)
    return loss


def paired_z(gain: Floats) -> float:
    """Mean over its standard error; 0 where nothing differs."""
    error = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else 0.0
    return float(gain.mean() / error) if error > 0.0 else 0.0
