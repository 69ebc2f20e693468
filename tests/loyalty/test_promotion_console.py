"""Promotions in the console: made, changed, copied, tried out, with their codes and uses."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import transaction

from apps.loyalty import services
from apps.loyalty.models import Coupon, Promotion
from apps.loyalty.rules.offers import Spend
from bakery.kernel import clock
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.loyalty.offers import ADA, make_coupon, make_product, make_promotion, quote

pytestmark = pytest.mark.django_db
LIST, LOG = "/console/loyalty/promotion/", "/console/loyalty/redemption/"
FORM = {
    "name": "Summer", "kind": "percentage", "value": "10", "threshold_basis": "before",
    "needs_code": "", "priority": "0",
}  # fmt: skip


@pytest.fixture
def console(db):
    return people.browser(people.staff("manager"), verified=True)


@pytest.fixture
def cashier(db):
    return people.browser(people.staff("cashier"), verified=True)


def html(response):
    assert response.status_code == 200
    return response.content.decode()


def redeem(promotion=None, *, codes=(), reference="order:1"):
    """Let somebody use what there is."""
    at = clock.now()
    offers = quote(codes=codes, at=at)
    with transaction.atomic():
        services.reserve(reference=reference, buyer=ADA, spend=Spend(offers.applied), at=at)


def test_a_promotion_is_made_with_its_window_in_the_shops_time(console):
    product, _ = make_product()
    data = FORM | {
        "product_ids": [product.pk], "starts_at": "2026-06-01T09:00", "ends_at": "2026-06-30T18:00",
        "threshold": "25", "max_uses": "100", "exclusive": "on", "reason": "summer",
    }  # fmt: skip
    response = console.post(f"{LIST}add/", data)
    row = Promotion.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"{LIST}{row.pk}/change/")
    # Toronto is four hours behind in summer
    assert row.starts_at == datetime(2026, 6, 1, 13, tzinfo=UTC)
    assert (row.threshold, row.max_uses, row.exclusive) == (Decimal(25), 100, True)
    assert list(row.products.values_list("pk", flat=True)) == [product.pk]
    entry = AuditEntry.objects.get(object_type="loyalty.promotion")
    assert (entry.action, entry.reason) == ("loyalty.promotion.add", "summer")
    assert entry.changes["value"] == [None, "10"]
    page = html(console.get(f"{LIST}{row.pk}/change/"))
    assert 'value="2026-06-01T09:00"' in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("starts_at", "2026-03-08T02:30", "does not exist"),
        ("starts_at", "2026-11-01T01:30", "happens twice"),
        ("starts_at", "soon", "not an ISO 8601"),
        ("value", "101", "up to 100"),
        ("value", "0", "more than 0"),
        ("value", "NaN", "Enter a number"),
        ("value", "1e400", "Ensure"),
        ("kind", "lottery", "Select a valid choice"),
        ("product_ids", "999999", "Select a valid choice"),
        ("product_ids", "9" * 40, "valid"),
        ("max_uses", "9" * 30, "less than or equal"),
        ("name", "", "required"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field(console, field, value, words):
    page = html(console.post(f"{LIST}add/", FORM | {field: value}))
    assert words in page
    assert not Promotion.objects.exists()


def test_a_free_item_must_be_chosen_and_a_window_must_end_after_it_starts(console):
    page = html(console.post(f"{LIST}add/", FORM | {"kind": "free_item", "value": "100"}))
    assert "Choose what is free." in page
    window = {"starts_at": "2026-06-02T09:00", "ends_at": "2026-06-01T09:00"}
    assert "It must end after it starts." in html(console.post(f"{LIST}add/", FORM | window))


def test_a_used_promotion_keeps_what_it_gives_and_a_copy_can_change(console):
    row = make_promotion(at=clock.now())
    redeem()
    page = html(console.get(f"{LIST}{row.pk}/change/"))
    assert "Somebody has used it" in page
    # what is disabled is not taken from a forged form either
    data = FORM | {"value": "90", "name": "Renamed"}
    assert console.post(f"{LIST}{row.pk}/change/", data).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.value) == ("Renamed", Decimal(10))
    response = console.post(f"{LIST}{row.pk}/copy/")
    copy = Promotion.objects.exclude(pk=row.pk).get()
    assert response["Location"] == f"{LIST}{copy.pk}/change/"
    assert (copy.name, copy.is_active, copy.used) == ("Renamed (copy)", False, 0)
    console.post(f"{LIST}{copy.pk}/change/", data | {"name": "Ninety"})
    copy.refresh_from_db()
    assert copy.value == Decimal(90)


def test_a_limit_below_what_is_used_is_refused_beside_its_field(console):
    row = make_promotion(at=clock.now())
    for number in range(2):
        redeem(reference=f"order:{number}")
    page = html(console.post(f"{LIST}{row.pk}/change/", FORM | {"max_uses": "1"}))
    assert "It is used 2 times already." in page


def test_the_list_tells_states_apart_and_costs_the_same_for_many(
    console, django_assert_num_queries
):
    at = clock.now()
    over = datetime(2020, 1, 1, tzinfo=UTC)
    make_promotion(name="Running", at=at)
    make_promotion(name="Tomorrow", starts_at=datetime(2099, 1, 1, tzinfo=UTC), at=at)
    make_promotion(name="Gone", ends_at=over, at=at)
    make_promotion(name="Stopped", is_active=False, at=at)
    full = make_promotion(name="Full", max_uses=1, needs_code=True, at=at)
    Promotion.objects.filter(pk=full.pk).update(used=1)
    named = {"active": "Running", "scheduled": "Tomorrow", "over": "Gone", "off": "Stopped",
             "used_up": "Full"}  # fmt: skip
    for state, name in named.items():
        page = html(console.get(LIST, {"state": state}))
        assert [other for other in named.values() if f">{other}<" in page] == [name]
    assert "1 of 1" in html(console.get(LIST))
    with django_assert_num_queries(20, exact=False) as few:
        console.get(LIST)
    for number in range(10):
        make_promotion(name=f"More {number}", at=at)
    with django_assert_num_queries(len(few)):
        console.get(LIST)


def test_switching_off_takes_it_out_of_carts_at_once(console):
    at = clock.now()
    row = make_promotion(at=at)
    assert len(quote(at=at).applied) == 1
    assert console.post(f"{LIST}{row.pk}/switch/", {"is_active": "0"}).status_code == 302
    assert quote(at=at).applied == ()
    assert console.get(f"{LIST}{row.pk}/switch/").status_code == 405
    assert AuditEntry.objects.filter(object_type="loyalty.promotion").count() == 2


def test_codes_are_added_made_in_batches_and_switched_off(console):
    at = clock.now()
    row = make_promotion(needs_code=True, at=at)
    of = f"/console/loyalty/coupon/of/{row.pk}/"
    assert console.post(f"{of}add/", {"code": "wel-come"}).status_code == 302
    assert "This code exists." in html(console.post(f"{of}add/", {"code": "WELCOME"}))
    assert "4 to 30" in html(console.post(f"{of}add/", {"code": "a%"}))
    assert len(quote(codes=["welcome"], at=at).applied) == 1
    response = console.post(f"{of}batch/", {"count": "25", "prefix": "fair", "max_uses": "1"})
    lines = response.content.decode("utf-8-sig").splitlines()
    assert (response["Content-Type"], len(lines)) == ("text/csv; charset=utf-8", 26)
    codes = {line.split(",")[0] for line in lines[1:]}
    assert len(codes) == 25
    assert all(code.startswith("FAIR") and len(code) == 14 for code in codes)
    assert set(Coupon.objects.filter(batch__gt="").values_list("code", "max_uses")) == {
        (code, 1) for code in codes
    }
    assert len(console.get(f"{of}csv/").content.decode().splitlines()) == 27
    assert "WELCOME" in html(console.get(f"{LIST}{row.pk}/change/"))
    pk = Coupon.objects.get(code="WELCOME").pk
    console.post(f"/console/loyalty/coupon/{pk}/switch/", {"is_active": "0"})
    assert quote(codes=["welcome"], at=at).applied == ()
    assert "Ensure this value" in html(console.post(f"{of}batch/", {"count": "5001"}))


def test_no_code_is_in_the_audit_trail(console):
    row = make_promotion(needs_code=True, at=clock.now())
    console.post(f"/console/loyalty/coupon/of/{row.pk}/add/", {"code": "CANARYCODE"})
    told = str(list(AuditEntry.objects.values_list("changes", "reason", "object_id")))
    assert "CANARYCODE" not in told


def sample(*rows, **more):
    data = {"form-TOTAL_FORMS": str(len(rows)), "form-INITIAL_FORMS": "0"}
    for index, (variant, quantity) in enumerate(rows):
        data |= {f"form-{index}-variant": str(variant), f"form-{index}-quantity": str(quantity)}
    return data | more


def test_a_sample_cart_shows_what_each_takes_and_why_not(console, django_assert_num_queries):
    at = clock.now()
    _, loaf = make_product("Loaf", "10.00")
    _, cake = make_product("Cake", "30.00")
    make_promotion(name="Ten off", at=at)
    draft = make_promotion(
        name="Five from fifty", kind="amount", value=Decimal(5), threshold=Decimal(50),
        needs_code=True, is_active=False, at=at,
    )  # fmt: skip
    page = html(console.get(f"{LIST}preview/"))
    assert "Loaf, Whole (10.00)" in page
    rows = sample((loaf.pk, 1), (cake.pk, 1), tried=[draft.pk])
    page = html(console.get(f"{LIST}preview/", rows))
    assert ("Add $10.00 more." in page, "36.00" in page, "switched off" in page) == (True,) * 3
    page = html(console.get(f"{LIST}preview/", rows | {"form-1-quantity": "2"}))
    assert ("58.00" in page, "Five from fifty" in page) == (True, True)
    with django_assert_num_queries(20, exact=False) as one:
        console.get(f"{LIST}preview/", sample((loaf.pk, 1), tried=[draft.pk]))
    with django_assert_num_queries(len(one)):
        console.get(f"{LIST}preview/", rows)


@pytest.mark.parametrize(
    "odd",
    [
        {"form-0-variant": "9" * 40},
        {"form-0-quantity": "-1"},
        {"form-0-quantity": "x"},
        {"form-TOTAL_FORMS": "9999999"},
        {"form-TOTAL_FORMS": "x"},
        {"tried": "999999999999999999999"},
        {"tried": "x"},
    ],
)
def test_an_odd_sample_is_never_an_error_of_ours(console, odd):
    _, loaf = make_product()
    assert console.get(f"{LIST}preview/", sample((loaf.pk, 1)) | odd).status_code == 200


def test_the_log_of_redemptions_is_found_by_sale_and_by_code(console):
    at = clock.now()
    make_coupon("TENOFF", at=at)
    redeem(codes=["TENOFF"], reference="order:0000-aaaa")
    make_promotion(name="Summer", at=at)
    redeem(reference="order:0000-bbbb")
    for search in ("order:0000-aaaa", "0000-aaaa", "TENOFF"):
        page = html(console.get(LOG, {"q": search}))
        assert ("order:0000-aaaa" in page, "order:0000-bbbb" in page) == (True, False)
    assert html(console.get(LOG, {"q": "x" * 3000})).count("order:0000") == 0


def test_a_cashier_sees_offers_and_uses_but_no_codes_and_changes_nothing(cashier):
    at = clock.now()
    row = make_coupon("TENOFF", at=at).promotion
    page = html(cashier.get(f"{LIST}{row.pk}/change/"))
    assert ("TENOFF" in page, 'value="Save"' in page) == (False, False)
    assert html(cashier.get(LOG))
    refused = [
        cashier.post(f"{LIST}{row.pk}/change/", FORM),
        cashier.post(f"{LIST}add/", FORM),
        cashier.post(f"{LIST}{row.pk}/switch/", {"is_active": "0"}),
        cashier.post(f"{LIST}{row.pk}/copy/"),
        cashier.get(f"/console/loyalty/coupon/of/{row.pk}/csv/"),
        cashier.get("/console/loyalty/coupon/"),
        cashier.post(f"/console/loyalty/coupon/of/{row.pk}/add/", {"code": "MORE"}),
    ]
    assert {response.status_code for response in refused} == {403}
    row.refresh_from_db()
    assert (row.name, row.is_active, Coupon.objects.count()) == ("Ten off", True, 1)


def test_rows_that_do_not_exist_are_not_found(console):
    for path in (f"{LIST}999999/change/", f"{LIST}x/change/", f"{LIST}{'9' * 30}/change/",
                 "/console/loyalty/coupon/of/999999/add/"):  # fmt: skip
        assert console.get(path).status_code == 404
    for name in ("switch", "copy"):
        assert console.post(f"{LIST}{'9' * 25}/{name}/").status_code == 302
