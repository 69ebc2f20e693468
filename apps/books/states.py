"""Kinds of accounts, and the life of a difference that was found."""

from django.db.models import TextChoices

from bakery.kernel.states import StateMachine


class AccountKind(TextChoices):
    """What an account is in the statements."""

    ASSET = "asset", "asset"
    LIABILITY = "liability", "liability"
    INCOME = "income", "income"
    EXPENSE = "expense", "expense"


class DifferenceState(TextChoices):
    """What became of a difference between Stripe, the orders and the books."""

    OPEN = "open", "open"
    EXPLAINED = "explained", "explained"
    GONE = "gone", "gone"


_D = DifferenceState
# One that is found again is open again.
DIFFERENCE_MACHINE = StateMachine(
    name="difference",
    column="state",
    moves={
        _D.OPEN: frozenset({_D.EXPLAINED, _D.GONE}),
        _D.EXPLAINED: frozenset({_D.OPEN, _D.GONE}),
        _D.GONE: frozenset({_D.OPEN}),
    },
)
