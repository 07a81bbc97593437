"""Backtests: strategies over recorded events, with nothing of the future in their hands. Pure."""

from streams.backtest.bets import Bet, Cancel
from streams.backtest.board import Board, Horse
from streams.backtest.outcome import Entrant, Outcome, Setup
from streams.backtest.run import run
from streams.backtest.staking import Stakes

__all__ = ["Bet", "Board", "Cancel", "Entrant", "Horse", "Outcome", "Setup", "Stakes", "run"]
