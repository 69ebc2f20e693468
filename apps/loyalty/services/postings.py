"""The only writer of points: a posting changes lots, account and ledger together.

Balance, debt and lots are sums of the ledger's moves; `selectors.loyalty_differences` proves it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Sum

from apps.loyalty.models import PointsAccount, PointsLot, PointsMove, PointsUse
from apps.loyalty.rules.points import LotLeft, draw, last_day
from apps.loyalty.states import LotSource, PointsKind
from bakery.kernel import clock
from bakery.kernel.errors import Conflict
from bakery.kernel.locks import locked, sorted_unique

SYSTEM = "system"


def lock_accounts(user_ids: Iterable[int]) -> dict[int, PointsAccount]:
    """Lock the accounts of these people by id, made if need be; a step of a transaction."""
    ids = sorted_unique(user_ids)
    PointsAccount.objects.bulk_create(
        [PointsAccount(user_id=pk) for pk in ids], ignore_conflicts=True
    )
    return {row.pk: row for row in locked(PointsAccount.objects.filter(pk__in=ids))}


def lock_account(user_id: int) -> PointsAccount:
    """Lock and return one person's account, made if need be."""
    return lock_accounts([user_id])[user_id]


def open_lots(account: PointsAccount, *, at: datetime | None) -> list[LotLeft]:
    """Return the lots with points left, those that end first in front; with ``at`` only live ones.

    The caller holds the account's lock.
    """
    lots = PointsLot.objects.filter(account=account, remaining__gt=0)
    if at is not None:
        lots = lots.filter(expires_at__gt=at)
    rows = lots.order_by("expires_at", "pk").values_list("pk", "remaining")
    return [LotLeft(pk, remaining) for pk, remaining in rows]


def drawn_by(use: PointsUse) -> list[tuple[int, int]]:
    """Return which lots a use holds points of, and how many; those that end first in front."""
    rows = (
        PointsMove.objects.filter(use=use)
        .order_by("lot__expires_at", "lot_id")
        .values_list("lot_id", "lot__expires_at")
        .annotate(total=Sum("delta"))
    )
    return [(lot_id, -total) for lot_id, _, total in rows if lot_id is not None and total < 0]


def end_of_points(at: datetime) -> datetime:
    """Return the moment at which points that come in at ``at`` end, by the shop's calendar."""
    last = last_day(clock.shop_date(at), settings.LOYALTY_EXPIRY_MONTHS)
    return clock.start_of_shop_day(last + timedelta(days=1))


class Posting:
    """Moves that belong together; nothing is written before `write`."""

    def __init__(
        self,
        account: PointsAccount,
        *,
        ref: str,
        at: datetime,
        actor: str = SYSTEM,
        note: str = "",
    ) -> None:
        """Begin a posting on a locked account; ``ref`` names its cause."""
        self._account = account
        self._ref, self._at, self._actor, self._note = ref, at, actor, note
        self._moves: list[PointsMove] = []
        self._columns: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._debt = account.debt

    def take(
        self, kind: PointsKind, parts: Sequence[tuple[int, int]], *, use: PointsUse | None = None
    ) -> None:
        """Take points from lots."""
        for lot_id, points in parts:
            self._move(kind, lot_id, -points, use=use)

    def give(
        self, kind: PointsKind, parts: Sequence[tuple[int, int]], *, use: PointsUse | None = None
    ) -> None:
        """Give points to lots; what is owed is paid from them at once."""
        for lot_id, points in parts:
            self._move(kind, lot_id, points, use=use)
        repaid: Counter[int] = Counter()
        for lot_id, points in parts:
            part = min(self._debt, points)
            if part > 0:
                repaid[lot_id] += part
                self._debt -= part
        for lot_id, points in repaid.items():
            self._move(PointsKind.REPAY, lot_id, -points, debt=-points)

    def pass_on(
        self, kind: PointsKind, lot_id: int, to_lot_id: int, points: int, *, use: PointsUse
    ) -> None:
        """Give points back to a lot that has ended, and from there to another."""
        self._move(kind, lot_id, points, use=use)
        self._move(PointsKind.GRACE, lot_id, -points)
        self.give(PointsKind.GRACE, [(to_lot_id, points)])

    def owe(self, kind: PointsKind, points: int) -> None:
        """Write down what could not be taken."""
        if points > 0:
            self._debt += points
            self._move(kind, None, 0, debt=points)

    def count(self, lot_id: int, column: str, points: int) -> None:
        """Raise ``expired`` or ``taken_back`` of a lot."""
        self._columns[lot_id][column] += points

    def write(self) -> None:
        """Write it all; raise `Conflict` ``points_short`` when a balance would fall below 0."""
        for move in self._moves:
            if move.lot_id is not None:
                self._columns[move.lot_id]["remaining"] += move.delta
        for lot_id in sorted(self._columns):
            _change_lot(lot_id, self._columns[lot_id])
        delta = sum(move.delta for move in self._moves)
        debt = sum(move.delta_debt for move in self._moves)
        change_balance(self._account.pk, delta, debt)
        self._account.balance += delta
        self._account.debt += debt
        PointsMove.objects.bulk_create(self._moves)

    def _move(
        self,
        kind: PointsKind,
        lot_id: int | None,
        delta: int,
        *,
        debt: int = 0,
        use: PointsUse | None = None,
    ) -> None:
        self._moves.append(
            PointsMove(
                account=self._account,
                lot_id=lot_id,
                use=use,
                kind=kind,
                delta=delta,
                delta_debt=debt,
                ref=self._ref,
                note=self._note[:300],
                actor=self._actor[:200],
                at=self._at,
            )
        )


def change_balance(user_id: int, delta: int, debt: int) -> None:
    """Change an account by one conditional UPDATE; raise `Conflict` ``points_short``."""
    if not delta and not debt:
        return
    changed = PointsAccount.objects.filter(pk=user_id, balance__gte=-delta, debt__gte=-debt).update(
        balance=F("balance") + delta, debt=F("debt") + debt
    )
    if not changed:
        raise short(0)


def _change_lot(lot_id: int, columns: Counter[str]) -> None:
    changes = {name: F(name) + number for name, number in columns.items() if number}
    if not changes:
        return
    rows = PointsLot.objects.filter(pk=lot_id, remaining__gte=-columns["remaining"])
    if not rows.update(**changes):
        raise short(0)


def short(available: int) -> Conflict:
    """Return the refusal of a use that is larger than what is there."""
    return Conflict(
        "points_short",
        f"Only {available} points can be used now."
        if available
        else "These points were used elsewhere in the meantime.",
        details={"available": available},
    )


def new_lot(
    account: PointsAccount,
    *,
    source: LotSource,
    ref: str,
    points: int,
    earned_at: datetime,
    expires_at: datetime,
    **columns: object,
) -> PointsLot:
    """Insert a lot with nothing in it yet; a posting gives it its points."""
    return PointsLot.objects.create(
        account=account,
        source=source,
        ref=ref,
        points=points,
        remaining=0,
        earned_at=earned_at,
        expires_at=expires_at,
        **columns,
    )


def draw_live(account: PointsAccount, points: int, *, at: datetime) -> list[tuple[int, int]]:
    """Choose ``points`` from live lots; raise `Conflict` ``points_short`` (details: available)."""
    lots = open_lots(account, at=at)
    available = sum(lot.remaining for lot in lots)
    if available < points:
        raise short(available)
    return draw(lots, points)
