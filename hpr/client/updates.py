"""What a live client is told."""

from dataclasses import dataclass

from gateway.contract import AlertEvent, NoticeEvent, RaceState


@dataclass(frozen=True, slots=True)
class Race:
    """A race's state, whole, whatever came over the wire. Its revision is never below the last one's."""

    channel: str
    state: RaceState


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert; each `alert_id` comes once."""

    channel: str
    event: AlertEvent


@dataclass(frozen=True, slots=True)
class Notice:
    """An alert for this user alone, because of a rule of theirs; each `alert_id` comes once."""

    channel: str
    event: NoticeEvent


@dataclass(frozen=True, slots=True)
class Missed:
    """Events of this channel were missed and are not to be had any more; those that follow are all again."""

    channel: str


Update = Race | Alert | Notice | Missed
