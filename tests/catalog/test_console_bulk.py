"""Many products at once: from the list, by the services, one answer each."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog import services
from apps.catalog.models import Product, Variant
from apps.catalog.rules.repricing import HIGHEST, STEPS, Repricing, reprice
from bakery.kernel.errors import Invalid
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.catalog.factories import AT, make_category, make_product

LIST = "/console/catalog/product/"
PRICES = st.decimals(0, 10**6, places=2)


@given(price=PRICES, value=st.decimals(-100, 1000, places=2), step=st.sampled_from(STEPS))
def test_a_repriced_size_is_a_multiple_of_the_step(price, value, step):
    new = reprice(price, Repricing(by="percent", value=value, step=step))
    assert new % step == 0
    exact = price * (100 + value) / 100
    assert abs(new - exact) <= step / 2 or new == step
    assert (new > 0) == (exact > 0)


@given(price=PRICES, more=st.decimals(0, 500, places=2), step=st.sampled_from(STEPS))
def test_a_higher_percentage_never_gives_a_lower_price(price, more, step):
    less = reprice(price, Repricing(by="percent", value=Decimal(0), step=step))
    assert reprice(price, Repricing(by="percent", value=more, step=step)) >= less


@pytest.mark.parametrize(
    ("by", "value", "step", "field"),
    [
        ("luck", "1", "0.01", "by"),
        ("percent", "-101", "0.01", "value"),
        ("percent", "NaN", "0.01", "value"),
        ("amount", "1", "0.03", "step"),
    ],
)
def test_impossible_repricing_is_named(by, value, step, field):
    with pytest.raises(Invalid) as refusal:
        Repricing(by=by, value=Decimal(value), step=Decimal(step))
    assert refusal.value.details["field"] == field


@pytest.mark.parametrize(("price", "value"), [("1.00", "-1.01"), (HIGHEST, "1")])
def test_prices_stay_between_zero_and_what_is_stored(price, value):
    with pytest.raises(Invalid):
        reprice(Decimal(price), Repricing(by="amount", value=Decimal(value)))


def moments(*products):
    return {product.pk: product.updated_at for product in products}


@pytest.mark.django_db
def test_one_that_cannot_does_not_hold_the_others_up():
    good, cheap = make_product("Good", prices=("5.00", "6.00")), make_product("Cheap")
    stale = make_product("Stale")
    chosen = moments(good, cheap, stale) | {10**6: AT}
    services.update_product(product_id=stale.pk, changes={"name": "Newer"}, at=AT.replace(hour=15))
    before = AuditEntry.objects.count()
    how = Repricing(by="amount", value=Decimal("-6.00"))
    services.update_variant(
        variant_id=good.variants.first().pk, changes={"price": Decimal("7.00")}, at=AT
    )
    found = services.change_prices(products=chosen, how=how, at=AT, actor="user:1")
    codes = [row.code for row in found]
    assert codes == ["", "", "edited_meanwhile", "product_not_found"]
    assert sorted(map(str, good.variants.values_list("price", flat=True))) == ["0.00", "1.00"]
    entries = AuditEntry.objects.filter(action="bulk_price")
    assert {entry.object_id for entry in entries} == {str(good.pk), str(cheap.pk)}
    assert AuditEntry.objects.count() == before + 1 + 2


@pytest.mark.django_db
def test_a_product_changes_whole_or_not_at_all():
    product = make_product(prices=("5.00", "1.00"))
    how = Repricing(by="amount", value=Decimal("-2.00"))
    found = services.change_prices(products=moments(product), how=how, at=AT)
    assert found[0].code == "bad_price"
    assert [str(p) for p in product.variants.values_list("price", flat=True)] == ["5.00", "1.00"]
    assert not AuditEntry.objects.filter(action="bulk_price").exists()


@pytest.mark.django_db
def test_steps_categories_and_lead_days():
    shown, draft = make_product("Shown"), make_product("Draft", publish=False)
    chosen = dict.fromkeys((shown.pk, draft.pk))
    found = services.step_products(products=chosen, step="publish", at=AT)
    assert [row.code for row in found] == ["illegal_transition", ""]
    shelf = make_category("Cakes")
    services.move_to_category(products=chosen, category_id=shelf.pk, at=AT)
    assert set(Product.objects.values_list("category__name", flat=True)) == {"Cakes"}
    services.set_lead_days(products=chosen, days=3, at=AT)
    assert set(Variant.objects.values_list("lead_days", flat=True)) == {3}
    same = services.set_lead_days(products=chosen, days=3, at=AT)
    assert [(row.code, row.changes) for row in same] == [("", {}), ("", {})]
    missing = services.move_to_category(products=chosen, category_id=10**6, at=AT)
    assert [row.code for row in missing] == ["unknown_category", "unknown_category"]


def selected(html):
    return re.findall(r'name="product" value="([^"]+)"', html)


@pytest.mark.django_db
def test_prices_are_shown_first_and_changed_once(console):
    product = make_product("Loaf", prices=("6.50",))
    asked = console.post(LIST, {"action": "price", "_selected_action": [product.pk]})
    chosen = selected(asked.content.decode())
    form = {"product": chosen, "by": "percent", "value": "10", "step": "0.05"}
    seen = console.post(f"{LIST}bulk/price/", form).content.decode()
    assert "7.15" in seen
    assert str(Variant.objects.get().price) == "6.50"
    done = console.post(f"{LIST}bulk/price/", form | {"confirmed": "yes"}).content.decode()
    assert "<strong>1</strong> changed" in done
    twice = console.post(f"{LIST}bulk/price/", form | {"confirmed": "yes"}).content.decode()
    assert "Somebody changed it" in twice
    assert str(Variant.objects.get().price) == "7.15"


@pytest.mark.django_db
def test_the_other_actions_of_the_list(console):
    first, second = make_product("A"), make_product("B", publish=False)
    rows = {"_selected_action": [first.pk, second.pk]}
    html = console.post(LIST, {"action": "publish", **rows}).content.decode()
    assert "<strong>1</strong> changed" in html
    assert "illegal_transition" in html
    shelf = make_category("Cakes")
    asked = console.post(LIST, {"action": "category", **rows}).content.decode()
    console.post(f"{LIST}bulk/category/", {"product": selected(asked), "category": shelf.pk})
    assert Product.objects.filter(category=shelf).count() == 2
    asked = console.post(LIST, {"action": "lead-days", **rows}).content.decode()
    bad = console.post(f"{LIST}bulk/lead-days/", {"product": selected(asked), "days": "-1"})
    assert "greater than or equal to 0" in bad.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("chosen", [[], ["x"], ["1@never"], [f"{2**70}@"], ["\u0663@"]])
def test_odd_selections_change_nothing(console, chosen):
    make_product()
    reply = console.post(f"{LIST}bulk/lead-days/", {"product": chosen, "days": "2"})
    assert reply.status_code == 200
    assert Variant.objects.get().lead_days == 0


@pytest.mark.django_db
def test_kitchen_changes_nothing_in_bulk():
    product = make_product()
    kitchen = people.browser(people.staff("kitchen"), verified=True)
    assert kitchen.post(f"{LIST}bulk/price/", {"product": [product.pk]}).status_code == 403
    kitchen.post(LIST, {"action": "archive", "_selected_action": [product.pk]})
    assert Product.objects.get().status == "published"
    for address in (f"{LIST}import/", f"{LIST}export/csv/"):
        assert kitchen.post(address).status_code == 403
