"""How far the market is to be trusted by minutes to the off: learnt online, race by race, where it helps.

A chance is the softmax of w log q + r, of the public's chance q and the log-odds r that form adds. Both were
weighted on the last prices before the off; earlier ones know less. With t from 0 at the off to 1 two hours
before it, on a scale of log(1 + minutes), the scores

    (1 + a0 + a1 t) w log q + (1 + b0 + b1 t) r

are a conditional logit in (a0, a1, b0, b1), which are 0 where nothing is known. An official race teaches by
what was said of it at some moments before its off, each of which counts for its share of one race. The
posterior is Gaussian: each race adds the Hessian H at the present estimate to the information J, and
H estimate + gradient to J estimate (the online Laplace approximation: Opper, "A Bayesian approach to on-line
learning", 1998; one step of iteratively reweighted least squares a race). What was learnt fades by half every
HALF_LIFE races, back to the prior.

Each model of form has its own, in each country. It moves chances only where it has been shown to help: each
race is first judged with and without it, and the sequential test of `models.trial` has to say so. From then
on a new test watches it, until it is found worse; and so on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log1p

import numpy as np
from msgspec import Struct

from models.layout import Floats
from models.trial import Trial
from schemas.records import LessonMoment, MarketLesson

LONG_MINUTES = 120.0
"""From here on the market is not trusted any less."""

USUAL = (0.15, 0.3, 0.3, 0.6)
"""Standard deviations of (a0, a1, b0, b1) before the first race."""

HALF_LIFE = 2_000.0
"""Races until a race counts half."""

STEP = 0.05
SMALLEST = 1e-12
_PRIOR: Floats = np.diag([deviation**-2 for deviation in USUAL])


@dataclass(frozen=True, slots=True)
class MarketWeight:
    """(a0, a1, b0, b1); the usual one changes nothing."""

    terms: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def at(self, minutes: float) -> tuple[float, float]:
        """What the market's term and form's count for so long before the off: times, never below 0.

        >>> MarketWeight((0.0, -0.4, 0.0, 0.5)).at(120)
        (0.6, 1.5)
        """
        market, earlier_market, form, earlier_form = self.terms
        early = earliness(minutes)
        return max(1.0 + market + earlier_market * early, 0.0), max(1.0 + form + earlier_form * early, 0.0)


UNMOVED = MarketWeight()


class Taught(Struct):
    """What a country's races have taught of one model; empty: nothing."""

    races: int = 0
    information: list[list[float]] = []
    """J, four by four, of the races alone."""
    weighted: list[float] = []
    """(J + the prior's information) times the estimate."""
    trial: Trial = Trial()
    """Of the weights as learnt beside the weights as fitted, since the last verdict."""
    helps: bool = False
    """Whether the last verdict was that they help."""
    verdicts: int = 0

    @property
    def estimate(self) -> MarketWeight:
        """The posterior mean."""
        if not self.races:
            return UNMOVED
        found = np.linalg.solve(_PRIOR + np.array(self.information), np.array(self.weighted))
        market, earlier_market, form, earlier_form = found.tolist()
        return MarketWeight((market, earlier_market, form, earlier_form))

    @property
    def in_force(self) -> MarketWeight:
        """The estimate where it is shown to help, to a twentieth: less is no news to anybody."""
        if not self.helps:
            return UNMOVED
        steps = (round(each / STEP) for each in self.estimate.terms)
        market, earlier_market, form, earlier_form = (round(each * STEP, 2) for each in steps)
        return MarketWeight((market, earlier_market, form, earlier_form))

    def after(self, lesson: MarketLesson) -> "Taught":
        """With one more race; as it is where the race teaches nothing."""
        moments = list(_moments(lesson))
        if not moments:
            return self
        before, share = self.estimate, 1.0 / len(moments)
        plain, weighted = (sum(m.loss(by) for m in moments) * share for by in (UNMOVED, before))
        fade, terms = 0.5 ** (1.0 / HALF_LIFE), np.array(before.terms)
        information = fade * np.array(self.information or np.zeros((4, 4)))
        towards = fade * np.array(self.weighted or np.zeros(4))
        for moment in moments:
            gradient, hessian = moment.slopes(terms)
            information += share * hessian
            towards += share * (hessian @ terms + gradient)
        held, trial = (information.tolist(), towards.tolist()), self.trial.after(plain, weighted)
        if trial.verdict == ("WORSE" if self.helps else "BETTER"):
            return Taught(self.races + 1, *held, Trial(), not self.helps, self.verdicts + 1)
        return Taught(self.races + 1, *held, trial, self.helps, self.verdicts)


def earliness(minutes: float) -> float:
    """From 0 at the off and after it to 1 two hours before it and earlier."""
    return log1p(min(max(minutes, 0.0), LONG_MINUTES)) / log1p(LONG_MINUTES)


@dataclass(frozen=True, slots=True)
class _Moment:
    """What was said at one moment of who ran: `columns` (runners, 4) times the terms is added to `scores`."""

    minutes: float
    market: Floats
    form: Floats
    won: Floats
    """Share of the win."""

    def loss(self, by: MarketWeight) -> float:
        """Log-loss of the winner."""
        market, form = by.at(self.minutes)
        return float(-(self.won * _log_softmax(market * self.market + form * self.form)).sum())

    def slopes(self, terms: Floats) -> tuple[Floats, Floats]:
        """Gradient (4,) and negative Hessian (4, 4) of the log-likelihood."""
        early = earliness(self.minutes)
        columns = np.column_stack([self.market, early * self.market, self.form, early * self.form])
        chance = np.exp(_log_softmax(self.market + self.form + columns @ terms))
        centred = columns - chance @ columns
        gradient: Floats = columns.T @ (self.won - chance)
        hessian: Floats = (centred * chance[:, None]).T @ centred
        return gradient, hessian


def _moments(lesson: MarketLesson) -> Iterator[_Moment]:
    """Those moments at which all who ran had a price; none of a race without a winner among them."""
    won = np.array(lesson["won"], dtype=np.float64)
    if not won.sum() > 0.0:
        return
    for moment in lesson["moments"]:
        public, form = np.array(moment["public"]), np.array(moment["form"])
        if len(public) == len(form) == len(won) and np.isfinite(form).all() and (public > SMALLEST).all():
            yield _moment(moment, public, form, won / won.sum())


def _moment(moment: LessonMoment, public: Floats, form: Floats, won: Floats) -> _Moment:
    return _Moment(moment["minutes"], moment["market_weight"] * np.log(public), form, won)


def _log_softmax(scores: Floats) -> Floats:
    above: Floats = scores - scores.max()
    found: Floats = above - np.log(np.exp(above).sum())
    return found
