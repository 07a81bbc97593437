"""Models of form for hpr backtest, which may not have seen the races that are bet on."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from hpr.models_registry import models_of
from hpr.settings import settings
from schemas.errors import SettingsError

if TYPE_CHECKING:
    from models.belief import FormModel
    from streams.backtest.form import Form, Trained

INVENTED = "simulator"
"""What artefacts of the form guide say they were trained on where no record was."""


def form_of(names: Sequence[str], history: str, first: date | None) -> "Form":
    """Form and its models: folders of `hpr train`, or versions in the registry.

    Raises SettingsError for a model made for other races, one that does not say how far it was trained, and
    where the first race bet on is among those that all of them have seen.
    """
    from streams.backtest.bets import BacktestError
    from streams.backtest.form import EARLIEST, Form

    models = [_trained(name, history) for name in names]
    try:
        return Form(models, first or EARLIEST)
    except BacktestError as error:
        raise SettingsError(
            f"--model: {error}" if first else f"--from: name the first day. {error}"
        ) from error


def words(form: "Form") -> list[str]:
    """Which model scores which races."""
    return [
        f"Form is read by {trained.model.version}, trained on races up to {trained.to}, on those after it."
        if trained.to != date.min
        else f"Form is read by {trained.model.version}, trained on invented races."
        for trained in form.models
    ]


def _trained(name: str, history: str) -> "Trained":
    from models.trained import TrainedModel
    from streams.backtest.form import Trained

    if Path(name).is_dir():
        model: FormModel = TrainedModel.of(Path(name))
    else:
        model = models_of(settings()).model(name)
    if isinstance(model, TrainedModel):
        if model.jurisdiction != history:
            raise SettingsError(f"--model {name}: trained on races of {model.jurisdiction}, not of {history}")
        return Trained(model, date.fromisoformat(model.manifest.trained_to))
    if not str(model.card["trained_on"]).startswith(INVENTED):
        raise SettingsError(f"--model {name}: it does not say up to which day its races were; train it anew")
    if history == INVENTED:
        raise SettingsError(
            f"--model {name}: it was trained on the simulator's races; bet on records with it"
        )
    return Trained(model, date.min)
