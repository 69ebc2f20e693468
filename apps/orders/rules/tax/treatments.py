"""What an authority taxes of a basket of baked goods, and why: the law in code, once.

Canada: Excise Tax Act, Schedule VI, Part III, paragraph 1(m); CRA GST/HST memorandum 4-3,
paragraphs 87 to 97. Cakes, muffins, pies, cookies, doughnuts and the like are taxed when
prepackaged in fewer than six single servings, or sold loose as fewer than six; a single serving
weighs less than 230 grams. Plain bread is never taxed, yet its single pieces count towards six.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.orders.rules.tax.rates import FOOD_EXEMPT, QUEBEC_FREE_FROM, QUEBEC_RULE

BASIC_GROCERY, WHOLE_CAKE, SWEET_GOODS = "basic_grocery", "whole_cake", "sweet_goods"
FOOD = frozenset({BASIC_GROCERY, WHOLE_CAKE, SWEET_GOODS})
SIX = 6
SINGLE_SERVING_G = 230


@dataclass(frozen=True, slots=True)
class Taxable:
    """A line as far as tax goes: its sum, its class, and what is in one of it.

    ``weight_g`` is of one of the ``quantity``, which holds ``pieces``; None is unknown and then a
    piece of sweet goods counts as a single serving.
    """

    amount: Decimal
    tax_class: str
    quantity: int
    pieces: int = 1
    weight_g: int | None = None
    prepackaged: bool = False

    @property
    def is_single_servings(self) -> bool:
        """Whether its pieces are single servings."""
        if self.weight_g is None:
            return self.tax_class == SWEET_GOODS
        return self.weight_g < SINGLE_SERVING_G * self.pieces


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a line is taxed, with a stable code and words for people."""

    is_taxed: bool
    code: str
    words: str


def loose_servings(lines: Sequence[Taxable]) -> int:
    """Return how many loose single servings of baked goods are in the basket together."""
    return sum(
        line.quantity * line.pieces
        for line in lines
        if line.tax_class in {SWEET_GOODS, BASIC_GROCERY}
        and not line.prepackaged
        and line.is_single_servings
    )


def judge(line: Taxable, *, treatment: str, loose: int, on: date) -> Verdict:
    """Return the verdict on one line of a basket with ``loose`` single servings."""
    if line.tax_class not in FOOD:
        return _taxed("taxed", "taxed in full")
    if treatment == FOOD_EXEMPT:
        return _free("food", "baked goods to take away: not taxed")
    if treatment == QUEBEC_RULE and line.tax_class == SWEET_GOODS and on >= QUEBEC_FREE_FROM:
        return _free("quebec", "no QST on baked goods since 15 July 2026")
    return _six(line, loose)


def _six(line: Taxable, loose: int) -> Verdict:
    if line.tax_class == BASIC_GROCERY:
        return _free("basic_grocery", "basic grocery: zero-rated")
    if line.tax_class == WHOLE_CAKE:
        return _free("whole_cake", "whole cake: zero-rated")
    if not line.is_single_servings:
        return _free("not_single", "230 g or more each: zero-rated")
    return _packed(line) if line.prepackaged else _sold_loose(loose)


def _packed(line: Taxable) -> Verdict:
    if line.pieces >= SIX:
        return _free("pack_of_six", f"pack of {line.pieces}: zero-rated")
    return _taxed("small_pack", "pack of fewer than 6 single servings: taxed")


def _sold_loose(loose: int) -> Verdict:
    if loose >= SIX:
        return _free("six_or_more", f"{loose} single servings: zero-rated")
    return _taxed("fewer_than_six", "fewer than 6 single servings: taxed")


def _taxed(code: str, words: str) -> Verdict:
    return Verdict(is_taxed=True, code=code, words=words)


def _free(code: str, words: str) -> Verdict:
    return Verdict(is_taxed=False, code=code, words=words)
