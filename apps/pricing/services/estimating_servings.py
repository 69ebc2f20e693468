"""Estimating servings: the published chart, and what a model corrects it by."""

import math
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from apps.catalog.selectors import Estimate, Tier, servings_of_stack
from apps.pricing.adapters import booster
from apps.pricing.rules import conformal
from apps.pricing.rules.artefact import Artefact, BadArtefact
from apps.pricing.rules.estimates import ServingsEstimate
from apps.pricing.rules.features import SERVINGS_MONOTONE, SERVINGS_NAMES, servings_vector
from apps.pricing.rules.spec import CakeSpec
from apps.pricing.services.registry import current_model
from apps.pricing.states import EstimateOrigin, ModelKind


def estimate_servings(
    *,
    spec: CakeSpec,
    style: str = "party",
    keep_top: bool = False,
    at: datetime,  # noqa: ARG001 (as of all estimates: what holds may come to depend on the day)
) -> ServingsEstimate:
    """Return how many the cake serves, cut in ``style``; one query, never in a transaction.

    The model in use speaks; without one the chart does. ``keep_top`` leaves the last tier out.
    Raises `Invalid` as the chart's `estimate` and `check_spec`.
    """
    chart = servings_of_stack(
        [Tier(tier.shape, tier.length_in, tier.width_in, tier.height_in) for tier in spec.tiers],
        style=style,
        keep_top=keep_top,
    )
    served = current_model(kind=ModelKind.SERVINGS)
    problem = served.problem
    answer = _by_chart(chart)
    if served.artefact is not None:
        eaten = replace(spec, tiers=spec.tiers[:-1]) if keep_top else spec
        try:
            answer = _by_model(served.artefact, eaten, chart)
        except BadArtefact as error:
            problem = f"Version {served.name} is not used: {error}."
    notes = (*((problem,) if problem else ()), *answer.notes, *chart.notes)
    return replace(answer, notes=notes, style=chart.style, keep_top=keep_top)


def _by_chart(chart: Estimate) -> ServingsEstimate:
    return ServingsEstimate(
        servings=chart.servings,
        least=chart.least,
        most=chart.most,
        formula=chart.servings,
        origin=EstimateOrigin.FORMULA,
        version="",
    )


def _by_model(artefact: Artefact, spec: CakeSpec, chart: Estimate) -> ServingsEstimate:
    values = servings_vector(spec, chart=float(chart.servings), style=chart.style)
    correction = booster.correct_one(
        artefact, values, names=SERVINGS_NAMES, monotone=SERVINGS_MONOTONE
    )
    features = dict(zip(SERVINGS_NAMES, values, strict=True))
    factor, outside = conformal.widening(features, artefact.ranges)
    width = conformal.width_for(artefact.quantiles, features["volume"]) * factor
    servings = _whole(chart.servings * math.exp(correction))
    return ServingsEstimate(
        servings=servings,
        least=max(1, math.floor(servings * math.exp(-width))),
        most=math.ceil(servings * math.exp(width)),
        formula=chart.servings,
        origin=EstimateOrigin.MODEL,
        version=artefact.name,
        notes=("Unlike any cake that was learned from: the range is wider.",) if outside else (),
    )


def _whole(servings: float) -> int:
    return max(1, int(Decimal(str(servings)).to_integral_value(rounding=ROUND_HALF_EVEN)))
