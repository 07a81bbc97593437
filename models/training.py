"""Fits what is believed from tables of past races: every constant from those races alone."""

from collections.abc import Callable

from models import boosted, logit, net_fit
from models.combination import asked_before, fit_combined
from models.cores import side_by_side
from models.exotics import fit_exponents
from models.layout import Floats
from models.net import Context, Net, inputs_of
from models.performance import Beliefs, Fundamental, Public
from models.softmax import blend, targets
from models.table import Table
from models.weights import fit_powers, fit_public
from models.windows import Fits, Without, enough_before, known_before, window_before, years_before

LOGIT_L2 = 0.007
FORM_STAGES = (1.0, 0.25, 0.1)  # weights of the places in the loss of net and trees
PUBLIC_SHARE = 0.7  # of the labels of both
USUAL_SCALE = 1.1  # of the mean of both scores while no season out of their sample is known

Say = Callable[[str], None]


def fit_logit(table: Table, l2: float = LOGIT_L2) -> logit.Logit:
    """Conditional logit of form: what groups of features are worth is judged by it."""
    labels, left = labels_of(table)
    terms = logit.prepare(table.features, table.start)
    weights = logit.fit(terms.of(table.features, table.start), table.start, labels, left, l2=l2)
    return logit.Logit(terms, weights)


def fit_form(table: Table, seed: int) -> tuple[Net, boosted.Boosted]:
    """Net and trees of form."""
    labels, left = labels_of(table)
    terms = logit.prepare(table.features, table.start)
    context = Context.of(terms, table.features)
    inputs = inputs_of(logit.Bounds.of(terms), context, table.features, table.start)
    net = Net(terms, context, net_fit.fit(inputs, table.start, labels, left, seed=seed))
    return net, boosted.train(table.features, table.start, labels, left, seed=seed)


def form_before(fits: Fits, day: float, without: Without = ()) -> tuple[Net, boosted.Boosted] | None:
    """Net and trees of the races before a day, fitted once; None where there are too few."""
    key = day, without
    if key not in fits.forms and (window := window_before(fits.table, day, without)) is not None:
        fits.forms[key] = fit_form(window, fits.seed)
    fits.done()
    return fits.forms.get(key)


def fit_fundamental(fits: Fits, day: float, without: Without = ()) -> Fundamental | None:
    """Form before a day; the scale of its mean score makes the season before likeliest, out of its sample."""
    scale, season = USUAL_SCALE, _season_before(fits.table, day)
    days = _form_days(fits.table, day)
    last, *before = side_by_side(form_before, [(fits, each, without) for each in days])
    if last is None:
        return None
    for earlier in filter(None, before):
        scores = Fundamental(*earlier, 1.0).scores(season.features, season.start)
        (scale,) = fit_powers(season, [scores], start=(USUAL_SCALE,))
    return Fundamental(*last, scale)


def _season_before(table: Table, day: float) -> Table:
    """The races of the year before a day that count."""
    return table.where((table.day >= years_before(day, 1)) & (table.day < day) & table.sample())


def _form_days(table: Table, day: float) -> list[float]:
    return [day, years_before(day, 1)] if len(_season_before(table, day)) else [day]


def fits_asked(table: Table, day: float, form: bool = True) -> int:
    """How many fits `fit_beliefs` asks for, without `form` `fit_combined`; one known already counts too."""
    if not enough_before(table, day):
        return 0
    return len(asked_before(table, day)) + (len(_form_days(table, day)) if form else 0)


def labels_of(table: Table) -> tuple[Floats, Floats]:
    """Labels and those left of the exploded stages, the first mixed with the public's opinion.

    The public is taken at its power: its plain shares are too small for favourites, and so would form's be.
    """
    labels, left = targets(table.position, table.start, FORM_STAGES)
    public = Public(fit_public(table)).win(table.log_share, table.start)
    return blend(labels, public, table.start, PUBLIC_SHARE), left


def fit_beliefs(fits: Fits, day: float, say: Say = lambda _: None) -> Beliefs | None:
    """Everything from the races before a day; None where there are too few."""
    say("public and residual")
    found = fit_combined(fits, day)
    if found is None:
        return None
    combined, without = found
    say("exponents of the places")
    public, exponents = fit_places(fits.table.where(known_before(fits.table, day)))
    say("net and trees")
    fundamental = fit_fundamental(fits, day, without)
    return None if fundamental is None else Beliefs(fundamental, public, combined, exponents, without)


def fit_places(table: Table) -> tuple[Public, tuple[float, ...]]:
    """The public, and what its probabilities say of the places; on races that count alone."""
    counted = table.where(table.sample())
    public = Public(fit_public(counted))
    win = public.win(counted.log_share, counted.start)
    return public, fit_exponents(win, counted.position, counted.start)
