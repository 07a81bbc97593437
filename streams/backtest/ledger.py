"""The money of one strategy: what it may stake, its tickets, its limits."""

from collections import Counter, defaultdict

from streams.backtest.bets import BacktestError, Bet, Ticket
from streams.backtest.board import Board, Horse, NoPriceYetError
from streams.backtest.staking import Stakes

SMALLEST_STAKE = 0.01


class Ledger:
    """Tickets and money of one strategy."""

    def __init__(self, name: str, stakes: Stakes, bankroll: float) -> None:
        self.name, self.stakes, self.bankroll = name, stakes, bankroll
        self.tickets: list[Ticket] = []
        self.counts: Counter[str] = Counter()
        self._open: list[Ticket] = []
        self._settled = 0.0
        self._days: defaultdict[str, float] = defaultdict(float)

    @property
    def available(self) -> float:
        """Money that is neither lost nor at stake."""
        self._collect()
        return self.bankroll + self._settled - sum(_held(ticket) for ticket in self._open)

    def accept(self, bet: Bet, board: Board) -> Ticket | None:
        """The ticket of a bet; None where money or the day's limit do not allow it.

        Raises BacktestError for bets on runners that are not in the race and at prices that are not there.
        """
        horses = _named(bet, board)
        only = horses[0] if horses and len(bet.runners) == 1 else None
        seen = only.quote.price if only and bet.pool == "WIN" else None
        available = self.available
        limit = self.stakes.daily_loss
        if limit is not None and self._days[board.day] <= -limit:
            self.counts["bets refused: the day's loss limit was reached"] += 1
            return None
        chance = _chance(bet, only)
        stake = (
            bet.stake if bet.stake is not None else self.stakes.stake(available, bet.price or seen, chance)
        )
        if stake > available:
            self.counts["bets cut to what was left of the bankroll"] += 1
            stake = available
        if stake < SMALLEST_STAKE:
            self.counts["bets refused: nothing to stake"] += 1
            return None
        ticket = _ticket(bet, board, stake, chance, seen)
        self.tickets.append(ticket)
        self._open.append(ticket)
        return ticket

    def _collect(self) -> None:
        """Take in what was settled since the last look."""
        if any(ticket.state != "OPEN" for ticket in self._open):
            for ticket in self._open:
                if ticket.state != "OPEN":
                    self._settled += ticket.profit
                    self._days[ticket.day] += ticket.profit
            self._open = [ticket for ticket in self._open if ticket.state == "OPEN"]


def _held(ticket: Ticket) -> float:
    """Money that an open ticket ties up: the stake, of a lay what it can lose."""
    if ticket.bet.side == "BACK":
        return ticket.stake
    price = ticket.bet.price or ticket.seen_price or 2.0
    return ticket.stake * max(price - 1.0, 0.0)


def _named(bet: Bet, board: Board) -> list[Horse]:
    """The horses of this race that a bet names."""
    horses = {horse.runner_id: horse for horse in board.horses}
    if bet.races:
        if bet.races[0] != board.race_id:
            raise BacktestError(
                f"a bet over several races begins with the one it is made in, not {bet.races[0]}"
            )
        return [horses[bet.runners[0]]] if bet.runners[0] in horses else []
    if missing := [id for id in bet.runners if id not in horses]:
        raise BacktestError(f"{', '.join(missing)} is not, or no longer, in the race")
    return [horses[id] for id in bet.runners]


def _chance(bet: Bet, horse: Horse | None) -> float | None:
    if horse is None or bet.pool not in ("WIN", "PLACE"):
        return None
    return horse.win if bet.pool == "WIN" else horse.place


def _ticket(bet: Bet, board: Board, stake: float, chance: float | None, seen: float | None) -> Ticket:
    ticket = Ticket(
        bet=bet,
        race_id=board.race_id,
        decided_at=board.time,
        decision=board.decision,
        off=board.scheduled_off,
        day=board.day,
        track=board.track,
        race_class=board.race_class,
        field_size=len(board.horses),
        stake=stake,
        probability=chance,
        seen_price=seen,
        price=seen,
    )
    if bet.venue == "EXCHANGE":
        if board.venue != "EXCHANGE":
            raise BacktestError(
                f"{board.race_id} has no exchange market: its prices are {board.venue or 'not known'}"
            )
        ticket.price = None
        return ticket
    ticket.matched = stake
    if bet.venue == "FIXED":
        if seen is None:
            raise NoPriceYetError(f"no price of {bet.runners[0]} was known when the bet was decided")
        ticket.fills = [(seen, stake)]
    return ticket
