"""Two who decide at once: about a prediction one of them does, and no price is overwritten unseen.

Each race stands beside its control: the same with its guard off goes wrong.
"""

import contextlib
import threading
from decimal import Decimal

import pytest

from apps.catalog.services import repricing
from apps.pricing import services
from apps.pricing.models import Decision, Prediction
from bakery.kernel import clock
from bakery.kernel.errors import DomainError
from tests.harness import patience
from tests.pricing.cakes import AT, ROUND_8
from tests.pricing.test_catalogue import make_cake, one

pytestmark = pytest.mark.django_db(transaction=True)


def decide_twice(parallel):
    """Let two people decide about one prediction; return what they were told."""
    pk = services.log_prediction(
        source="custom",
        subject="C-1",
        spec=ROUND_8,
        price=services.estimate_price(spec=ROUND_8, at=AT),
        at=AT,
    )

    def decide(number):
        try:
            services.record_decision(
                prediction_id=pk,
                final_price=Decimal(150 + number),
                reason="As agreed",
                actor=f"user:{number}",
                at=AT,
            )
        except DomainError as error:
            return error.code
        return "decided"

    return sorted(parallel(2, decide))


def test_of_two_who_decide_about_a_prediction_one_does(parallel):
    assert decide_twice(parallel) == ["decided", "decided_before"]
    assert Decision.objects.count() == 1


@pytest.mark.control
def test_control_without_the_databases_word_both_decide(parallel, owner_connection):
    [name] = owner_connection.execute(
        "SELECT conname FROM pg_constraint"
        " WHERE conrelid = 'pricing_decision'::regclass AND contype = 'u'"
    ).fetchone()
    owner_connection.execute(f'ALTER TABLE pricing_decision DROP CONSTRAINT "{name}"')
    try:
        assert decide_twice(parallel) == ["decided", "decided"]
        assert Decision.objects.count() == 2
    finally:
        owner_connection.execute("ALTER TABLE pricing_decision DISABLE TRIGGER USER")
        owner_connection.execute("DELETE FROM pricing_decision")
        owner_connection.execute("ALTER TABLE pricing_decision ENABLE TRIGGER USER")
        owner_connection.execute(
            f'ALTER TABLE pricing_decision ADD CONSTRAINT "{name}" UNIQUE (prediction_id)'
        )


def price_twice(parallel, monkeypatch):
    """Let two people set another price of one size, having seen the same; return what they heard.

    Whoever has found the price as it was seen waits for the other one to have found it, too.
    """
    product = make_cake()
    seen = one(product)
    both = threading.Barrier(2)
    update = repricing.update_variant

    def update_after_both(**given):
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(patience())
        return update(**given)

    monkeypatch.setattr(repricing, "update_variant", update_after_both)

    def decide(number):
        chosen = services.SizeDecision(
            variant_id=seen.variant_id,
            price=seen.price + number + 1,
            seen_price=seen.seen_price,
            reason="By hand",
        )
        try:
            services.decide_prices(
                product_id=product.pk, decisions=[chosen], actor=f"user:{number}", at=clock.now()
            )
        except DomainError as error:
            return error.code
        return "decided"

    return sorted(parallel(2, decide))


def test_of_two_who_price_a_size_the_second_is_told_to_look_again(parallel, monkeypatch):
    assert price_twice(parallel, monkeypatch) == ["decided", "stale_price"]
    # What was refused is not in the log either.
    assert (Prediction.objects.count(), Decision.objects.count()) == (1, 1)


@pytest.mark.control
def test_control_without_the_locks_one_price_overwrites_the_other(parallel, monkeypatch):
    monkeypatch.setattr(repricing, "lock_one", lambda rows, **_: rows.get())
    monkeypatch.setattr(repricing, "locked", lambda rows: rows)

    assert price_twice(parallel, monkeypatch) == ["decided", "decided"]
    assert Decision.objects.count() == 2
