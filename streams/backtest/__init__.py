"""Backtests: strategies over recorded events, with nothing of the future in their hands. Pure."""

from streams.backtest.bets import Bet
from streams.backtest.board import Board, Horse
from streams.backtest.run import Entrant, Outcome, Setup, run
from streams.backtest.staking import Stakes

__all__ = ["Bet", "Board", "Entrant", "Horse", "Outcome", "Setup", "Stakes", "run"]
