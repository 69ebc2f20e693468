"""What a customer is told of an estimate, in words: never a cost, a margin or a floor."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bakery.kernel import money

# From so many hours of people's work on, and from so large a share of it, it is said that it is
# the handwork that makes a cake dear.
_MUCH_WORK = Decimal(4)
_LAVISH = 3
_MANY = 10
# The code of notes that repeat what a customer wrote about allergies.
ALLERGY = "allergy"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was found out; ``is_ok`` None when it is neither good nor bad."""

    code: str
    text: str
    is_ok: bool | None = None


def servings_note(least: int, most: int, guests: int | None) -> Note:
    """Tell how many a cake serves, and whether that is enough for ``guests``."""
    serves = f"Serves {least} to {most}" if most > least else f"Serves {least}"
    if guests is None:
        return Note("servings", f"{serves}.")
    who = f"your {guests} guest{'' if guests == 1 else 's'}"
    if least >= guests:
        return Note("servings", f"{serves}: enough for {who}.", is_ok=True)
    if most >= guests:
        return Note("servings", f"{serves}: just about enough for {who}.", is_ok=True)
    return Note("servings", f"{serves}: too small for {who}.", is_ok=False)


def budget_note(low: Decimal, high: Decimal, budget: Decimal | None, currency: str) -> Note | None:
    """Tell whether a price from ``low`` to ``high`` suits a ``budget``; None without one."""
    if budget is None:
        return None
    text = money.display(budget, currency)
    if high <= budget:
        return Note("budget", f"Within your budget of {text}.", is_ok=True)
    if low > budget:
        over = money.display(low - budget, currency)
        return Note("budget", f"At least {over} more than your budget of {text}.", is_ok=False)
    return Note("budget", f"It may come to more than your budget of {text}.")


def allergy_notes(conflicts: Iterable[str]) -> list[Note]:
    """Tell what stands against the allergies that were named."""
    return [Note(ALLERGY, text, is_ok=False) for text in conflicts]


def dear_words(
    *, tiers: int, labour_hours: Decimal, complexity: int, is_rush: bool, decorations: int
) -> list[str]:
    """Return what makes this cake dear, in plain words, without amounts; may be empty."""
    found: Mapping[str, bool] = {
        "It is wanted at short notice.": is_rush,
        f"It has {tiers} tiers.": tiers > 1,
        "It takes many hours of handwork.": labour_hours >= _MUCH_WORK,
        "What is on it is made with great care.": complexity >= _LAVISH,
        f"It has {decorations} single decorations.": decorations >= _MANY,
    }
    return [text for text, holds in found.items() if holds]
