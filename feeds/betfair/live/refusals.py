"""What the stream's error codes mean for the feed, and what a person can do about them."""

from enum import Enum
from typing import NamedTuple


class Remedy(Enum):
    """What follows a refusal."""

    END = "end the feed"
    LOG_IN = "log in again, once"
    FORGET_CLOCKS = "subscribe again without clocks"
    SLOWER = "try again after a minute or more"
    AGAIN = "try again"


class Refusal(NamedTuple):
    """A remedy, and the advice that goes with it."""

    remedy: Remedy
    advice: str


_KEY = "check HPR_BETFAIR_APP_KEY"
_SESSION = Refusal(Remedy.LOG_IN, "logging in again")

REFUSALS = {
    "NO_APP_KEY": Refusal(Remedy.END, _KEY),
    "INVALID_APP_KEY": Refusal(Remedy.END, _KEY),
    "NOT_AUTHORIZED": Refusal(
        Remedy.END, "ask Betfair to activate the application key for the Exchange Stream"
    ),
    "NO_SESSION": _SESSION,
    "INVALID_SESSION_INFORMATION": _SESSION,
    "INVALID_CLOCK": Refusal(Remedy.FORGET_CLOCKS, "asking for whole images instead"),
    "SUBSCRIPTION_LIMIT_EXCEEDED": Refusal(Remedy.SLOWER, "lower --market-limit or narrow the subscription"),
    "MAX_CONNECTION_LIMIT_EXCEEDED": Refusal(
        Remedy.SLOWER, "close other connections of this account or lower --connections"
    ),
    "TOO_MANY_REQUESTS": Refusal(Remedy.SLOWER, "let fewer programs connect with this account"),
    "TIMEOUT": Refusal(Remedy.SLOWER, "see whether this machine or its network is overloaded"),
    "INVALID_INPUT": Refusal(Remedy.SLOWER, "check the options of the subscription"),
    "INVALID_REQUEST": Refusal(Remedy.SLOWER, "check the options of the subscription"),
}
"""By the errorCode of Betfair's StatusMessage; codes that are not here are tried again."""


def refusal(code: str) -> Refusal:
    """What follows `code`.

    >>> refusal("INVALID_CLOCK").remedy, refusal("UNEXPECTED_ERROR").remedy
    (<Remedy.FORGET_CLOCKS: 'subscribe again without clocks'>, <Remedy.AGAIN: 'try again'>)
    """
    return REFUSALS.get(code, Refusal(Remedy.AGAIN, "trying again"))
