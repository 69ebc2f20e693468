"""How an alert is told on until somebody takes charge. Pure.

Source of the times: the shop's promise that no cake is missed (5 minutes without an
acknowledgement: the board's alarm, a second person and mails; 10 minutes: a telephone call) and
that a text which does not go out is replaced within 2 minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from apps.notifications.states import AlertKind

ESCALATE_AFTER = timedelta(minutes=5)
_ONCE_MORE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One level of an alert: due ``after`` the level before it was reached.

    The next ``texts`` people are texted, everybody on duty is mailed if it ``mails``, and the
    first ``calls`` who take calls are called.
    """

    after: timedelta
    texts: int = 0
    mails: bool = False
    calls: int = 0


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The levels of an alert that is raised on ``valid_from`` or later.

    Level 0 is one text; when no provider took it within ``unsent_after``, level 1 does not wait.
    """

    valid_from: date
    unsent_after: timedelta
    steps: tuple[Step, ...]

    def step(self, level: int) -> Step | None:
        """Return what is done at ``level`` (from 1 on); None when there is no such level."""
        return self.steps[level - 1] if 0 < level <= len(self.steps) else None


_NEXT_PERSON = Step(after=ESCALATE_AFTER, texts=1, mails=True)
_CALL = Step(after=ESCALATE_AFTER, calls=2)
_CALL_AGAIN = Step(after=_ONCE_MORE_AFTER, calls=2)
_OF_CAKES = (
    Ladder(
        valid_from=date(2026, 1, 1),
        unsent_after=timedelta(seconds=75),
        # After the last call it stays red, on the board and in the console.
        steps=(_NEXT_PERSON, _CALL, *[_CALL_AGAIN] * 4),
    ),
)
# Nobody is rung out of bed for money.
_OF_OTHERS = (
    Ladder(
        valid_from=date(2026, 1, 1),
        unsent_after=timedelta(seconds=75),
        steps=(_NEXT_PERSON,),
    ),
)
# The newest of each kind first.
LADDERS: Mapping[str, tuple[Ladder, ...]] = MappingProxyType(
    {
        AlertKind.CAKE: _OF_CAKES,
        AlertKind.SHOP: _OF_OTHERS,
        AlertKind.MONEY: _OF_OTHERS,
        AlertKind.SYSTEM: _OF_OTHERS,
    }
)


def ladder_of(kind: str, on: date) -> Ladder:
    """Return the levels of an alert of ``kind`` raised ``on`` a day; the oldest before them all."""
    ladders = LADDERS.get(kind, _OF_OTHERS)
    return next((ladder for ladder in ladders if ladder.valid_from <= on), ladders[-1])
