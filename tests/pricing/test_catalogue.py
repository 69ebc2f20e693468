"""Prices of the range: suggested, decided and logged in one step; stale sizes are left alone."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog import services as catalog
from apps.catalog.models import ServingsDecision, Variant
from apps.pricing import services
from apps.pricing.models import Decision, Prediction
from apps.pricing.rules.sizes import all_size_work
from apps.pricing.selectors.catalogue import sizes_to_price
from apps.pricing.services import SizeDecision
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.catalog.factories import make_product

pytestmark = pytest.mark.django_db
ACTOR = "user:1"
CAKE = {
    "shape": "round", "length_in": Decimal(8), "height_in": Decimal(4), "unit_cost": Decimal(12),
    "oven_minutes": 40, "decorator_minutes": 60,
}  # fmt: skip


def make_cake(count=1, **fields):
    """A product with ``count`` equal sizes, at 10.00, 11.00 and so on."""
    product = make_product(prices=tuple(f"{10 + no}.00" for no in range(count)))
    for size in product.variants.all():
        catalog.update_variant(variant_id=size.pk, changes={**CAKE, **fields}, at=clock.now())
    return product


def suggested(product):
    return services.suggest_prices(product_id=product.pk, at=clock.now())[1]


def decide(product, *decisions, **more):
    return services.decide_prices(
        product_id=product.pk, decisions=decisions, actor=ACTOR, at=clock.now(), **more
    )


def one(product, **changes):
    """A decision that takes the only suggestion as it is, or with ``changes``."""
    (found,) = suggested(product)
    values = {
        "variant_id": found.size.variant_id,
        "price": found.price.price,
        "seen_price": found.size.price,
        "seen_suggestion": found.price.price,
    }
    return SizeDecision(**{**values, **changes})


def test_a_size_is_described_by_what_it_states():
    product = make_cake(tiers=[{"shape": "round", "length_in": "10", "height_in": "6"},
                               {"shape": "round", "length_in": "6", "height_in": "4"}])  # fmt: skip
    (size,) = sizes_to_price(product.pk, at=clock.now()).sizes
    assert [(tier.length_in, tier.layers) for tier in size.spec.tiers] == [(10, 3), (6, 2)]
    # 60 minutes of decorating, and half of 40 in the oven.
    assert size.spec.labour_hours == Decimal("1.333")
    assert size.spec.ingredient_cost == 12
    # 30 minutes a tier.
    assert size.spec.complexity == 2
    assert not size.spec.is_rush


@pytest.mark.parametrize(
    ("without", "told"),
    [
        ({"unit_cost": None}, "what one costs"),
        ({"shape": "", "length_in": None}, "shape and measures"),
        ({"oven_minutes": 0, "decorator_minutes": 0}, "minutes"),
    ],
)
def test_what_is_missing_is_said_and_not_guessed(without, told):
    product = make_cake(**without)
    (found,) = suggested(product)
    assert (found.price, found.servings, found.margin) == (None, None, None)
    assert told in " ".join(found.size.missing)
    with pytest.raises(Invalid) as refused:
        decide(
            product,
            SizeDecision(
                variant_id=found.size.variant_id, price=Decimal(50), seen_price=Decimal(10)
            ),
        )
    assert refused.value.code == "not_priceable"


def test_a_suggestion_is_taken_with_price_servings_and_log():
    product = make_cake()
    (found,) = suggested(product)
    least, most = found.servings.least, found.servings.most
    assert decide(product, one(product, servings_least=least, servings_most=most)) == 1
    size = product.variants.get()
    assert size.price == found.price.price > 12
    assert (size.servings_min, size.servings_max) == (least, most)
    logged = Prediction.objects.get()
    assert (logged.source, logged.subject, logged.price) == ("catalogue", size.sku, size.price)
    assert (logged.decision.final_price, logged.decision.difference) == (size.price, 0)
    assert ServingsDecision.objects.get().least == least
    assert AuditEntry.objects.filter(action="update_variant", actor=ACTOR).exists()


def test_another_price_needs_a_reason_outside_of_the_range():
    product = make_cake()
    (found,) = suggested(product)
    dear = found.price.high + 1
    with pytest.raises(Invalid) as refused:
        decide(product, one(product, price=dear))
    assert refused.value.code == "reason_missing"
    assert refused.value.details["variant_id"] == found.size.variant_id
    assert not Prediction.objects.exists()
    decide(product, one(product, price=dear, reason="Gold leaf on every one."))
    kept = Decision.objects.get()
    assert (kept.reason, kept.difference) == ("Gold leaf on every one.", dear - found.price.price)
    assert product.variants.get().price == dear


def test_other_servings_need_a_reason_and_are_kept_beside_the_charts():
    product = make_cake()
    with pytest.raises(Invalid) as refused:
        decide(product, one(product, servings_least=8, servings_most=10))
    assert refused.value.code == "reason_missing"
    decide(product, one(product, servings_least=8, servings_most=10, reason="Generous slices"))
    assert ServingsDecision.objects.get().reason == "Generous slices"
    assert Decision.objects.get().final_servings_most == 10


def test_a_price_that_was_changed_meanwhile_is_left_alone():
    product = make_cake()
    seen = one(product)
    catalog.update_variant(
        variant_id=seen.variant_id, changes={"price": Decimal("77.00")}, at=clock.now()
    )
    with pytest.raises(Conflict) as refused:
        decide(product, seen)
    assert refused.value.code == "stale_price"
    assert refused.value.details == {"variant_id": seen.variant_id, "price": "77.00"}
    assert product.variants.get().price == Decimal("77.00")
    assert not Prediction.objects.exists()


def test_a_suggestion_that_is_another_by_now_is_not_taken_unseen():
    product = make_cake()
    seen = one(product)
    catalog.update_variant(
        variant_id=seen.variant_id, changes={"unit_cost": Decimal(30)}, at=clock.now()
    )
    with pytest.raises(Conflict) as refused:
        decide(product, seen)
    assert refused.value.code == "stale_suggestion"


def test_all_sizes_or_none():
    product = make_cake(2)
    first, second = suggested(product)
    right = SizeDecision(
        variant_id=first.size.variant_id,
        price=first.price.price,
        seen_price=first.size.price,
    )
    wrong = SizeDecision(
        variant_id=second.size.variant_id, price=second.price.price, seen_price=Decimal(99)
    )
    with pytest.raises(Conflict):
        decide(product, right, wrong)
    assert set(product.variants.values_list("price", flat=True)) == {10, 11}
    assert not Prediction.objects.exists()
    with pytest.raises(Invalid) as refused:
        decide(product, right, right)
    assert refused.value.code == "size_twice"
    with pytest.raises(Invalid):
        decide(product)


def test_what_is_not_of_this_product_is_not_priced():
    product, other = make_cake(), make_cake()
    with pytest.raises(Invalid) as refused:
        decide(product, one(other))
    assert refused.value.code == "not_priceable"
    with pytest.raises(NotFound):
        services.suggest_prices(product_id=10**15, at=clock.now())


def test_each_size_takes_three_statements_more():
    counts = []
    for count in (1, 3):
        product = make_cake(count)
        suggested(product)
        with CaptureQueriesContext(connection) as asked:
            suggested(product)
        counts.append(len(asked))
    # The rates and the two models in use, asked for each estimate.
    assert counts == [6, 12]


def test_figures_are_dated_and_cover_every_size():
    for row in all_size_work():
        assert row.source
        levels = [row.complexity_of(Decimal(minutes)) for minutes in (0, 21, 46, 91, 181, 9999)]
        assert levels == [1, 2, 3, 4, 5, 5]
        assert [row.layers_of(Decimal(height)) for height in (1, 4, 6)] == [1, 2, 3]


def page(product):
    return f"/console/pricing/decision/product/{product.pk}/"


def test_the_console_decides_several_sizes_at_once():
    staff = people.browser(people.staff("manager"), verified=True)
    product = make_cake(2)
    first, second = suggested(product)
    shown = staff.get(page(product))
    assert shown.status_code == 200
    form = {}
    for found in (first, second):
        prefix = f"size-{found.size.variant_id}"
        form |= {
            f"{prefix}-price": str(found.price.price),
            f"{prefix}-least": str(found.servings.least),
            f"{prefix}-most": str(found.servings.most),
            f"{prefix}-seen_price": str(found.size.price),
            f"{prefix}-seen_suggestion": str(found.price.price),
        }
    nothing = staff.post(page(product), form)
    assert "Decide about 1 to" in nothing.content.decode()
    form[f"size-{first.size.variant_id}-take"] = "on"
    form[f"size-{second.size.variant_id}-take"] = "on"
    missing = staff.post(page(product), {**form, f"size-{first.size.variant_id}-price": ""})
    assert "Type a price." in missing.content.decode()
    catalog.update_variant(
        variant_id=second.size.variant_id, changes={"price": Decimal(99)}, at=clock.now()
    )
    stale = staff.post(page(product), form)
    assert stale.status_code == 409
    text = stale.content.decode()
    assert "was changed meanwhile" in text
    assert 'value="99.00"' in text
    assert not Decision.objects.exists()
    form[f"size-{second.size.variant_id}-seen_price"] = "99.00"
    assert staff.post(page(product), form).status_code == 302
    assert Decision.objects.count() == 2
    assert staff.get("/console/pricing/decision/").status_code == 200
    assert (
        "Suggested prices"
        in staff.get(f"/console/catalog/product/{product.pk}/change/").content.decode()
    )
    assert staff.get(page(product).replace(str(product.pk), "9" * 18)).status_code == 404


def test_who_may_not_change_sizes_sees_no_suggestions():
    product = make_cake()
    decorator = people.browser(people.staff("decorator"), verified=True)
    assert decorator.get(page(product)).status_code == 403


def test_the_api_does_the_same():
    product = make_cake()
    manager = people.api(people.log_in(people.staff("manager")).access)
    address = f"/api/v1/staff/products/{product.pk}/suggested-prices"
    (row,) = manager.get(address).json()["sizes"]
    assert (row["now"], row["missing"]) == ("10.00", [])
    body = {"variant_id": row["variant_id"], "price": "5.00", "seen_price": "10.00"}
    refused = manager.post(address, {"sizes": [body]}, format="json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "reason_missing")
    stale = {**body, "seen_price": "9.00", "reason": "Opening week"}
    assert manager.post(address, {"sizes": [stale]}, format="json").status_code == 409
    done = manager.post(address, {"sizes": [{**body, "reason": "Opening week"}]}, format="json")
    assert done.status_code == 200
    assert done.json()["sizes"][0]["now"] == "5.00"
    assert done.json()["sizes"][0]["is_below_floor"] is True
    wrong = [
        {}, {"sizes": []}, {"sizes": "x"}, {"sizes": [{**body, "price": "NaN"}]},
        {"sizes": [{**body, "variant_id": True}]}, {"sizes": [{**body, "variant_id": 2**70}]},
        {"sizes": [{**body, "servings_least": 4}]}, {"sizes": [body, body]},
        {"sizes": [{**body, "price": "0.00", "seen_price": "5.00", "reason": "free"}]},
        {"sizes": [{**body, "reason": "nul \x00"}]},
    ]  # fmt: skip
    for given in wrong:
        assert manager.post(address, given, format="json").status_code == 400, given
    gone = address.replace(str(product.pk), str(2**64))
    assert manager.get(gone).status_code == 404
    assert Variant.objects.get().price == 5
