"""Win probabilities: of form alone, of the public, and of the public with what form knows beyond it."""

from dataclasses import dataclass

from models.boosted import Boosted
from models.layout import Floats
from models.logit import Logit
from models.net import Net
from models.softmax import Starts, softmax

PUBLIC_POWERS = (1.0, 0.83, 0.70)  # of the stages of the residual's loss: Lo and Bacon-Shone's discount


@dataclass(frozen=True, slots=True)
class Fundamental:
    """Form without today's odds: softmax(scale * mean of the net's and the trees' scores).

    Averaging two scores leaves them too near to each other, which `scale` mends. Source: Bolton and Chapman
    (1986), Management Science 32; averaging as in Hastie, Tibshirani and Friedman (2009), section 8.8.
    """

    net: Net
    boosted: Boosted
    scale: float

    def scores(self, features: Floats, starts: Starts) -> Floats:
        """Scores, (rows,), of features (rows, FEATURES); their softmax in a race is the probability."""
        both = self.net.score(features, starts) + self.boosted.score(features)
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
class Residual:
    """What form knows beyond the public: a conditional logit and trees, fitted with its score as an offset.

    The offset is neither fitted nor penalised, so that they can say only what the odds do not. Source: an
    offset as in McCullagh and Nelder (1989), Generalized Linear Models, section 6.3.
    """

    logit: Logit
    boosted: Boosted

    def scores(self, features: Floats, starts: Starts) -> tuple[Floats, Floats]:
        """Scores of both, (rows,) each, of features (rows, FEATURES)."""
        return self.logit.score(features, starts), self.boosted.score(features)


@dataclass(frozen=True, slots=True)
class Combined:
    """The public with what form knows beyond it: softmax(power * log q + the residual's weighted scores).

    `power` and the two `weights` are fitted afterwards on races that the residual had not seen. Benter's
    second stage, a logit of two log probabilities, is the other way: it adds nothing here, as the
    fundamental's own error swamps what it knows. Source: Benter (1994), "Computer based horse race
    handicapping and wagering systems", in Efficiency of Racetrack Betting Markets.
    """

    residual: Residual
    power: float
    weights: tuple[float, float]

    def beyond(self, features: Floats, starts: Starts) -> Floats:
        """Log-odds that form adds to the public's, (rows,), of features (rows, FEATURES)."""
        linear, boosted = self.residual.scores(features, starts)
        added: Floats = self.weights[0] * linear + self.weights[1] * boosted
        return added

    def win(self, features: Floats, log_share: Floats, starts: Starts) -> Floats:
        """Win probabilities, (rows,), of features (rows, FEATURES) and log q (rows,)."""
        return softmax(self.power * log_share + self.beyond(features, starts), starts)


@dataclass(frozen=True, slots=True)
class Beliefs:
    """All that is believed of a jurisdiction's races: three models, and the places' exponents."""

    fundamental: Fundamental
    public: Public
    combined: Combined
    exponents: tuple[float, ...]
    left_out: tuple[str, ...] = ()
    """Groups of features that nothing was made of, since earlier seasons were told better without them."""
