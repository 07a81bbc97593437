"""Win probabilities: of form alone, of the public, and of the public with what form knows beyond it."""

from dataclasses import dataclass

from models.boosted import Boosted
from models.layout import Floats
from models.logit import Logit
from models.softmax import Starts, softmax

PUBLIC_POWERS = (1.0, 0.83, 0.70)  # of the stages of the residual's loss: Lo and Bacon-Shone's discount


@dataclass(frozen=True, slots=True)
class Fundamental:
    """Form without today's odds: softmax(scale * mean of the logit's and the trees' scores).

    Averaging two scores leaves them too near to each other, which `scale` mends. Source: Bolton and Chapman
    (1986), Management Science 32; averaging as in Hastie, Tibshirani and Friedman (2009), section 8.8.
    """

    logit: Logit
    boosted: Boosted
    scale: float

    def scores(self, features: Floats, starts: Starts) -> Floats:
        """Scores, (rows,), of features (rows, FEATURES); their softmax in a race is the probability."""
        both = self.logit.score(features, starts) + self.boosted.score(features)
        scores: Floats = 0.5 * self.scale * both
        return scores

    def win(self, features: Floats, starts: Starts) -> Floats:
        """Win probabilities, (rows,)."""
        return softmax(self.scores(features, starts), starts)


@dataclass(frozen=True, slots=True)
class Public:
    """The odds alone: softmax(power * log q) of the normalised inverse odds q; over 1 mends longshot bias.

    Source: Asch, Malkiel and Quandt (1984), J. Business 57; the power form is Vovk and Zhdanov's (2009).
    """

    power: float

    def win(self, log_share: Floats, starts: Starts) -> Floats:
        """Win probabilities, (rows,), of log q (rows,)."""
        return softmax(self.power * log_share, starts)


@dataclass(frozen=True, slots=True)
class Combined:
    """The public with what form knows beyond it: softmax(power * log q + weight * residual score).

    The residual is a conditional logit fitted with the public's score as an offset that is neither fitted nor
    penalised, so that it can say only what the odds do not. `power` and `weight` are fitted afterwards on
    seasons that the residual had not seen. Benter's second stage, a logit of two log probabilities, is
    the other way: it adds nothing here, as the fundamental's own error swamps what it knows. Source: Benter
    (1994), "Computer based horse race handicapping and wagering systems", in Efficiency of Racetrack
    Betting Markets; an offset as in McCullagh and Nelder (1989), Generalized Linear Models, section 6.3.
    """

    residual: Logit
    power: float
    weight: float

    def win(self, features: Floats, log_share: Floats, starts: Starts) -> Floats:
        """Win probabilities, (rows,), of features (rows, FEATURES) and log q (rows,)."""
        return softmax(self.power * log_share + self.weight * self.residual.score(features, starts), starts)


@dataclass(frozen=True, slots=True)
class Beliefs:
    """All that is believed of a jurisdiction's races: three models, and the places' exponents."""

    fundamental: Fundamental
    public: Public
    combined: Combined
    exponents: tuple[float, ...]
