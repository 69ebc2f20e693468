"""The log: what was predicted, what people decided, and how long it took. Rows never change."""

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from apps.pricing.events import PredictionLogged
from apps.pricing.models import Decision, LabourRecord, ModelVersion, Prediction
from apps.pricing.rules.estimates import PriceEstimate, ServingsEstimate
from apps.pricing.rules.spec import CakeSpec, check_spec, spec_as_json
from apps.pricing.selectors.past import forget_past
from apps.pricing.states import ModelKind, Source, VersionStatus
from bakery.kernel import outbox
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.money import round_money

_HIGHEST = Decimal(99_999_999)
_MOST_SERVINGS = 100_000
_STEP = Decimal("0.001")
_LONGEST_HOURS = Decimal(9999)


def log_prediction(
    *,
    source: Source,
    subject: str,
    spec: CakeSpec,
    price: PriceEstimate,
    servings: ServingsEstimate | None = None,
    at: datetime,
) -> int:
    """Keep what was predicted for ``subject``; return its key. May be a step of a larger change.

    Challengers answer the same question afterwards, outside of it. Raises `Invalid` as
    `check_spec`, and ``bad_price`` for what no cake costs.
    """
    spec_of_it = spec_as_json(check_spec(spec))
    if servings:
        # Without it nobody could say later what its servings were of.
        spec_of_it |= {"style": servings.style, "keep_top": servings.keep_top}
    _check_size(price)
    with transaction.atomic():
        versions = _version_ids({price.version, servings.version if servings else ""})
        row = Prediction.objects.create(
            source=source,
            subject=subject,
            spec=spec_of_it,
            features=dict(price.features),
            currency=price.currency,
            formula_price=price.formula_price,
            price=price.price,
            low=price.low,
            high=price.high,
            cost=price.costs.total,
            servings=servings.servings if servings else None,
            servings_least=servings.least if servings else None,
            servings_most=servings.most if servings else None,
            servings_formula=servings.formula if servings else None,
            origin=price.origin,
            version_id=versions.get(price.version),
            servings_version_id=versions.get(servings.version) if servings else None,
            at=at,
        )
        rivals = ModelVersion.objects.filter(kind=ModelKind.PRICE, status=VersionStatus.CHALLENGER)
        if rivals.exists():
            outbox.emit(PredictionLogged(prediction_id=row.pk), key=f"prediction:{row.pk}", at=at)
    return row.pk


def record_decision(
    *,
    prediction_id: int,
    final_price: Decimal,
    servings_least: int | None = None,
    servings_most: int | None = None,
    reason: str,
    actor: str,
    at: datetime,
) -> int:
    """Keep what a person decided about a prediction; return the decision's key.

    A step of the caller's transaction. Raises `NotFound`; `Invalid`: ``bad_price``,
    ``bad_servings``, and ``reason_missing`` when the price lies outside of the range, or the
    servings differ from what was predicted, and nothing says why; `Conflict` ``decided_before``.
    """
    row = Prediction.objects.filter(pk=prediction_id).first()
    if row is None:
        raise NotFound("prediction_not_found", "There is no such prediction.")
    final = _price(final_price, row.currency)
    _check_servings(servings_least, servings_most)
    reason = reason.strip()[:500]
    if not reason:
        _require_expected(row, final, servings_least, servings_most)
    try:
        with transaction.atomic():
            decision = Decision.objects.create(
                prediction=row,
                final_price=final,
                difference=final - row.price,
                final_servings_least=servings_least,
                final_servings_most=servings_most,
                reason=reason,
                actor=actor,
                at=at,
            )
    except IntegrityError as error:
        raise Conflict("decided_before", "Somebody has decided about this already.") from error
    forget_past()
    transaction.on_commit(forget_past)
    return decision.pk


def record_labour(
    *, subject: str, complexity: int, estimated_hours: Decimal, hours: Decimal, at: datetime
) -> None:
    """Keep how long a cake took; what is said of ``subject`` later corrects what was said before.

    The same again changes nothing. A step of the caller's transaction. Raises `Invalid`
    ``bad_hours``.
    """
    for value in (estimated_hours, hours):
        if not value.is_finite() or not 0 <= value <= _LONGEST_HOURS:
            raise Invalid("bad_hours", f"From 0 to {_LONGEST_HOURS} hours.")
    estimated_hours, hours = estimated_hours.quantize(_STEP), hours.quantize(_STEP)
    last = LabourRecord.objects.filter(subject=subject).order_by("-at", "-pk").first()
    if last is not None and last.hours == hours:
        return
    LabourRecord.objects.bulk_create(
        [
            LabourRecord(
                subject=subject,
                complexity=complexity,
                estimated_hours=estimated_hours,
                hours=hours,
                at=at,
            )
        ],
        ignore_conflicts=True,
    )


def _version_ids(names: set[str]) -> dict[str, int]:
    wanted = names - {""}
    if not wanted:
        return {}
    return dict(ModelVersion.objects.filter(name__in=wanted).values_list("name", "pk"))


def _check_size(price: PriceEstimate) -> None:
    if max(price.high, price.formula_price, price.costs.total) > _HIGHEST:
        raise _wrong("bad_price", "No cake costs as much as that.", "spec")


def _price(price: Decimal, currency: str) -> Decimal:
    if not price.is_finite() or not 0 < price <= _HIGHEST:
        raise _wrong("bad_price", "A price is more than nothing.", "price")
    rounded = round_money(price, currency)
    if rounded != price:
        raise _wrong("bad_price", f"{price} is finer than {currency} allows.", "price")
    return rounded


def _check_servings(least: int | None, most: int | None) -> None:
    if least is None and most is None:
        return
    if least is None or most is None or not 1 <= least <= most <= _MOST_SERVINGS:
        raise _wrong(
            "bad_servings", "Servings are from 1 on, the smaller number first.", "servings"
        )


def _require_expected(row: Prediction, final: Decimal, least: int | None, most: int | None) -> None:
    if not row.low <= final <= row.high:
        raise _wrong(
            "reason_missing",
            f"{row.low} to {row.high} was expected. Say why {final}.",
            "reason",
        )
    predicted = (row.servings_least, row.servings_most)
    if least is not None and None not in predicted and (least, most) != predicted:
        raise _wrong(
            "reason_missing",
            f"{row.servings_least} to {row.servings_most} servings were expected. Say why not.",
            "reason",
        )


def _wrong(code: str, message: str, field: str) -> Invalid:
    return Invalid(code, message, details={"field": field})
