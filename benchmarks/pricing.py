"""One price with its range, reasons and nearest cakes, beside the bare call of the booster.

`make bench ARGS=pricing`. The model learns from simulated decisions and is put away at the end.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from benchmarks.load import Outcome
from benchmarks.meters import Spent
from benchmarks.scenario import Platform, Row

ROWS, PAST, ROUNDS, WARM = 2000, 500, 400, 20
AIM_MS = 50.0


def _latencies(work: Callable[[], Any]) -> tuple[list[float], float, float]:
    """Return the seconds of each call, of CPU and in all; the first calls read files."""
    for _ in range(WARM):
        work()
    found = []
    cpu, begun = time.process_time(), time.perf_counter()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found, time.process_time() - cpu, time.perf_counter() - begun


def _row(name: str, work: Callable[[], Any], *, bare: Row | None = None) -> Row:
    latencies, cpu, seconds = _latencies(work)
    row = Row(
        name=name,
        outcome=Outcome(latencies, Counter({200: ROUNDS}), seconds),
        spent=Spent(web=cpu),
        per=ROUNDS,
        aim=AIM_MS if bare else None,
    )
    if bare:
        row.note = f"{row.app / bare.app:.1f} x the bare booster ({bare.app:.2f} ms)"
    return row


def _put_in_use(at: datetime) -> tuple[Any, Any, list[Any]]:
    """Train a model, put it in use, log a past; return its row, its artefact and the cakes."""
    from apps.pricing.adapters.artefacts import load_artefact, store_artefact
    from apps.pricing.adapters.training import fit
    from apps.pricing.models import ModelVersion
    from apps.pricing.rules.artefact import Artefact
    from apps.pricing.rules.features import MONOTONE, NAMES
    from apps.pricing.rules.formula import cost_plus
    from apps.pricing.rules.simulation import Bakery, simulate
    from apps.pricing.rules.tables import table_of
    from apps.pricing.selectors import rates_at
    from apps.pricing.states import DataOrigin, ModelKind, VersionStatus

    rates = rates_at(at)
    bakery = Bakery(
        formula=lambda spec: cost_plus(spec, rates).price,
        chart=lambda _: 20,
        rush_days=rates.rush_days,
        step=rates.price_step,
    )
    cakes = simulate(n=ROWS, seed=1, until=at, bakery=bakery)
    table = table_of(ModelKind.PRICE, cakes)
    key, sha256 = store_artefact(
        Artefact(
            kind=ModelKind.PRICE,
            name=f"bench-{at:%Y%m%d%H%M%S}",
            booster=fit(table, 200).booster,
            features=NAMES,
            monotone=MONOTONE,
            quantiles={"": 0.15},
            ranges=table.ranges(),
            rows=ROWS,
            data_origin=DataOrigin.SIMULATED,
        )
    )
    artefact = load_artefact(key=key, sha256=sha256)
    ModelVersion.objects.filter(kind=ModelKind.PRICE, status=VersionStatus.CURRENT).update(
        status=VersionStatus.RETIRED
    )
    version = ModelVersion.objects.create(
        kind=ModelKind.PRICE,
        name=artefact.name,
        status=VersionStatus.CURRENT,
        data_origin=DataOrigin.SIMULATED,
        rows=ROWS,
        data_sha256="0" * 64,
        artefact_key=key,
        artefact_sha256=sha256,
        trained_by="benchmark",
        trained_at=at,
    )
    return version, artefact, cakes


def _log(cakes: list[Any]) -> None:
    """Log ``cakes`` as the past from which the nearest ones are shown."""
    from apps.pricing.models import Decision, Prediction
    from apps.pricing.rules.spec import spec_as_json
    from apps.pricing.selectors.past import forget_past

    rows = Prediction.objects.bulk_create(
        Prediction(
            source="custom",
            subject=cake.subject,
            spec=spec_as_json(cake.spec),
            currency="CAD",
            formula_price=cake.formula_price.quantize(cake.price),
            price=cake.price,
            low=cake.price,
            high=cake.price,
            cost=1,
            origin="formula",
            at=cake.at,
        )
        for cake in cakes
    )
    Decision.objects.bulk_create(
        Decision(
            prediction=row, final_price=cake.price, difference=0, actor="benchmark", at=cake.at
        )
        for row, cake in zip(rows, cakes, strict=True)
    )
    forget_past()


def scenarios(_: Platform) -> list[Row]:
    """Measure the booster alone, an estimate by it, and one by the formula."""
    import django

    django.setup()
    from apps.pricing import services
    from apps.pricing.adapters import booster
    from apps.pricing.rules.features import vector
    from apps.pricing.states import VersionStatus
    from bakery.kernel import clock

    at = clock.now()
    version, artefact, cakes = _put_in_use(at)
    _log(cakes[-PAST:])
    spec = cakes[-1].spec
    values = vector(spec, formula=100.0)
    bare = _row("the bare booster, one row", lambda: booster.corrections(artefact, [values]))

    def estimate() -> Any:
        return services.estimate_price(spec=spec, at=at)

    model = _row(f"a price by the model, explained, {PAST} past cakes", estimate, bare=bare)
    assert estimate().version == version.name
    version.status = VersionStatus.RETIRED
    version.save(update_fields=["status"])
    formula = _row("a price by the formula, explained", estimate, bare=bare)
    return [bare, model, formula]
