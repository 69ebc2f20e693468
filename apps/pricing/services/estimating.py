"""Estimating a price: the formula, what a model corrects it by, a range, and why."""

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from django.conf import settings

from apps.pricing.adapters import booster
from apps.pricing.rules import conformal, wording
from apps.pricing.rules.artefact import Artefact, BadArtefact
from apps.pricing.rules.estimates import Neighbour, PriceEstimate, Reason
from apps.pricing.rules.features import MONOTONE, NAMES, vector
from apps.pricing.rules.formula import (
    CostPlus,
    Rates,
    corrected,
    corrected_price,
    cost_plus,
    explain_formula,
    floor_price,
    round_up,
)
from apps.pricing.rules.spec import CakeSpec, check_spec
from apps.pricing.selectors.past import Past, past_before
from apps.pricing.selectors.rates import rates_at
from apps.pricing.services.registry import Served, current_model
from apps.pricing.states import EstimateOrigin, ModelKind
from bakery.kernel import clock
from bakery.kernel.money import quantum, round_money


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """Everything that an answer follows from."""

    spec: CakeSpec
    rates: Rates
    parts: CostPlus
    values: list[float]
    past: Past
    currency: str

    @property
    def formula_price(self) -> Decimal:
        return round_up(self.parts.price, self.rates.price_step)

    @property
    def floor(self) -> Decimal:
        return floor_price(self.parts.cost, self.rates)

    @property
    def features(self) -> dict[str, float]:
        return dict(zip(NAMES, self.values, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """A price with its half-width on the logarithm around ``centre`` and the reasons for it.

    The centre is the price before it was rounded up where the width was measured from that: with
    large steps of prices the range would else lie too high.
    """

    price: Decimal
    centre: Decimal
    width: float
    reasons: tuple[Reason, ...]
    origin: EstimateOrigin
    version: str = ""
    notes: tuple[str, ...] = ()


def estimate_price(
    *, spec: CakeSpec, at: datetime, before: datetime | None = None, subject: str = ""
) -> PriceEstimate:
    """Return what the cake should cost: about two queries, and never inside a transaction.

    Similar and nearest cakes are those decided before ``before`` (``at``), those of ``subject``
    itself left out. The model in use speaks; without one, or when its file is not what was
    trained, the formula does, marked as such. The price never falls when the cake grows in any
    measure, takes more layers, work, dearer ingredients, is more intricate or more in a rush; the
    range may. Raises `Invalid` as `check_spec`, and `NotFound` ``rates_not_found``.
    """
    question = _question(spec, at, past_before(before or at).without(subject))
    served = current_model(kind=ModelKind.PRICE)
    notes = (served.problem,) if served.problem else ()
    answer = None
    if served.artefact is not None:
        try:
            answer = _by_model(question, served, served.artefact)
        except BadArtefact as error:
            notes = (*notes, f"Version {served.name} is not used: {error}.")
    if answer is None:
        answer = _by_formula(question)
    return _estimate(question, answer, notes)


def _question(spec: CakeSpec, at: datetime, past: Past) -> _Question:
    check_spec(spec)
    rates = rates_at(at)
    parts = cost_plus(spec, rates)
    similar = past.similar.ratio_for(spec)
    return _Question(
        spec=spec,
        rates=rates,
        parts=parts,
        values=vector(spec, formula=float(parts.price), similar=similar),
        past=past,
        currency=settings.SHOP_CURRENCY,
    )


def _by_formula(question: _Question) -> _Answer:
    price = max(question.formula_price, question.floor)
    widths = question.past.widths()
    notes: tuple[str, ...] = (
        ()
        if widths
        else ("The range is 30 % up and down: there are too few decisions to know it by.",)
    )
    return _Answer(
        price=price,
        centre=price,
        width=conformal.width_for(widths, question.features["volume"]),
        reasons=explain_formula(
            question.parts,
            question.spec,
            question.rates,
            price=price,
            currency=question.currency,
        ),
        origin=EstimateOrigin.FORMULA,
        notes=("By the formula alone.", *notes),
    )


def _by_model(question: _Question, served: Served, artefact: Artefact) -> _Answer:
    correction = booster.correct_one(artefact, question.values, names=NAMES, monotone=MONOTONE)
    price = corrected_price(question.parts, question.rates, correction)
    features = question.features
    factor, outside = conformal.widening(features, artefact.ranges)
    return _Answer(
        price=price,
        centre=min(price, max(corrected(question.parts, correction), question.floor)),
        width=conformal.width_for(artefact.quantiles, features["volume"]) * factor,
        reasons=_model_reasons(question, artefact, correction, price),
        origin=EstimateOrigin.MODEL,
        version=served.name,
        notes=(wording.out_of_range(outside),) if outside else (),
    )


def _model_reasons(
    question: _Question, artefact: Artefact, correction: float, price: Decimal
) -> tuple[Reason, ...]:
    shares, usual = booster.contributions(artefact, question.values)
    # The logarithmic mean of the prices without and with the correction turns shares of the
    # logarithm into money that sums up exactly, in no order of preference.
    mean = math.expm1(correction) / correction if correction else 1.0
    factor = question.parts.price * Decimal(mean)
    return wording.explain_model(
        question.spec,
        formula=question.formula_price,
        amounts=wording.in_money(shares, factor=factor),
        usual=Decimal(usual) * factor,
        price=price,
        floor=question.floor,
        currency=question.currency,
    )


def _estimate(question: _Question, answer: _Answer, notes: tuple[str, ...]) -> PriceEstimate:
    price, cost = answer.price, question.parts.cost
    spread = Decimal(math.exp(answer.width))
    grain = quantum(question.currency)
    margin = (price - cost) / price
    return PriceEstimate(
        price=price,
        low=min(price, max((answer.centre / spread).quantize(grain, rounding=ROUND_FLOOR), grain)),
        high=max(price, (answer.centre * spread).quantize(grain, rounding=ROUND_CEILING)),
        currency=question.currency,
        formula_price=question.formula_price,
        costs=question.parts.costs(question.currency),
        floor_price=question.floor,
        suggested_margin=max(margin, question.rates.floor_margin).quantize(Decimal("0.0001")),
        origin=answer.origin,
        version=answer.version,
        coverage=Decimal(str(conformal.COVERAGE)),
        reasons=answer.reasons,
        formula_reasons=_formula_reasons(question),
        nearest=_nearest(question),
        notes=(*notes, *answer.notes),
        features=question.features,
    )


def _formula_reasons(question: _Question) -> tuple[Reason, ...]:
    return explain_formula(
        question.parts,
        question.spec,
        question.rates,
        price=question.formula_price,
        currency=question.currency,
    )


def _nearest(question: _Question) -> tuple[Neighbour, ...]:
    return tuple(
        Neighbour(
            subject=cake.subject,
            title=wording.describe(cake.spec),
            price=round_money(cake.price, question.currency),
            decided_on=clock.shop_date(cake.at),
            differences=wording.differences(question.spec, cake.spec),
        )
        for cake in question.past.nearest(question.values)
    )
