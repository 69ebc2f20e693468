"""Two people at one product's page, and what a page shows before it is published."""

import contextlib
import re
import threading
from decimal import Decimal

import pytest
from django.db import connection

from apps.catalog import services
from apps.catalog.admin import editing
from apps.catalog.models import Product, Variant
from tests.accounts import people
from tests.catalog.factories import AT, KNOWN, make_product
from tests.catalog.test_console import LIST, fields_of, save, size_fields
from tests.harness import patience

LATER = AT.replace(hour=20)


def opened(console, product):
    """What the page of a product sends when nothing was typed."""
    html = console.get(f"{LIST}{product.pk}/change/").content.decode()
    state = re.search(r'name="read_state" value="([^"]+)"', html)[1]
    return fields_of(product, read_state=state)


def rows_of(html):
    """The table of differences: verdict and cells."""
    found = re.findall(r'<tr class="conflict-(\w+)">(.*?)</tr>', html, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for _, row in found]
    return {
        cell[0].strip(): (verdict, *cell[1:4])
        for (verdict, _), cell in zip(found, cells, strict=True)
    }


@pytest.mark.django_db
def test_a_conflict_shows_both_and_merges_what_does_not_collide(console):
    product = make_product("Loaf", allergens=KNOWN, description="Old")
    size = product.variants.get()
    page = opened(console, product)
    page |= {"allergens_known": "on", **KNOWN}
    services.update_product(
        product_id=product.pk, changes={"name": "Theirs", "description": "New"}, at=LATER
    )
    services.update_variant(variant_id=size.pk, changes={"price": Decimal("9.00")}, at=LATER)
    mine = page | {"name": "Mine", "variants-0-lead_days": "4", "slug": "my-slug"}
    reply = console.post(f"{LIST}{product.pk}/change/", mine)
    html = reply.content.decode()
    rows = rows_of(html)
    assert rows["Name"] == ("yours", "Loaf", "Theirs", "Mine")
    assert rows["Description"] == ("theirs", "Old", "New", "Old")
    assert rows[f"Size 1 ({size.sku}): Price, before tax"] == ("theirs", "6.50", "9.00", "6.50")
    assert len(rows) == 3
    form = reply.context["adminform"].form
    assert (form["name"].value(), form["description"].value()) == ("Mine", "New")
    shown = reply.context["inline_admin_formsets"][0].formset.forms[0]
    assert (shown["price"].value(), shown["lead_days"].value()) == ("9.00", "4")
    assert Product.objects.get().name == "Theirs"
    again = {**form.data.dict(), **KNOWN, "diet_tags": []}
    assert console.post(f"{LIST}{product.pk}/change/", again).status_code == 302
    product.refresh_from_db()
    size.refresh_from_db()
    assert (product.name, product.description, product.slug) == ("Mine", "New", "my-slug")
    assert (size.price, size.lead_days) == (Decimal("9.00"), 4)


@pytest.mark.django_db
def test_a_change_that_shows_nowhere_on_the_page_is_no_conflict(console):
    product = make_product("Loaf")
    page = opened(console, product)
    services.unpublish_product(product_id=product.pk, at=LATER)
    reply = console.post(f"{LIST}{product.pk}/change/", page | {"name": "Mine"})
    assert reply.status_code == 302
    assert Product.objects.get().name == "Mine"


@pytest.mark.django_db
def test_sizes_that_came_and_went_meanwhile_are_told(console):
    product = make_product("Loaf", prices=("5.00", "6.00"))
    kept, gone = product.variants.all()
    page = opened(console, product)
    services.archive_variant(variant_id=gone.pk, at=LATER)
    services.create_variant(
        product_id=product.pk, sku="NEW", name="New", price=Decimal(1), at=LATER
    )
    mine = page | {"variants-1-price": "6.60", "name": "Mine"}
    reply = console.post(f"{LIST}{product.pk}/change/", mine)
    rows = rows_of(reply.content.decode())
    assert rows[f"Size 2 ({gone.sku}): size"][0] == "archived"
    assert rows["New (NEW): size"][0] == "added"
    again = reply.context["adminform"].form.data.dict() | {"diet_tags": []}
    assert console.post(f"{LIST}{product.pk}/change/", again).status_code == 302
    gone.refresh_from_db()
    assert (gone.price, gone.archived_at) == (Decimal("6.60"), LATER)
    assert Variant.objects.filter(sku="NEW", archived_at=None).exists()
    assert Variant.objects.get(pk=kept.pk).price == Decimal("5.00")


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["", "forged", "a:b:c"])
def test_a_page_without_its_state_still_undoes_nothing(console, state):
    product = make_product("Loaf")
    page = fields_of(product, name="Mine", read_state=state)
    services.update_product(product_id=product.pk, changes={"name": "Theirs"}, at=LATER)
    html = console.post(f"{LIST}{product.pk}/change/", page).content.decode()
    assert rows_of(html)["Name"] == ("yours", "", "Theirs", "Mine")
    assert Product.objects.get().name == "Theirs"


def press_together(users, product, names, monkeypatch):
    """Let every editor save the page as first opened; the first waits in its save for the other."""
    page = fields_of(product)
    inside, replies = threading.Barrier(len(users)), {}
    plain = editing.CarefulEditing.save_form

    def slow(self, request, form, change):
        with contextlib.suppress(threading.BrokenBarrierError):
            inside.wait(patience(1))
        return plain(self, request, form, change)

    monkeypatch.setattr(editing.CarefulEditing, "save_form", slow)

    def press(name, user):
        try:
            browser = people.browser(user, verified=True)
            address = f"{LIST}{product.pk}/change/"
            replies[name] = browser.post(address, page | {"name": name}).status_code
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=pair) for pair in zip(names, users, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


@pytest.fixture
def editors(transactional_db):
    return [people.staff("manager", email=f"{name}@bakery.example") for name in "ab"]


def test_of_two_saves_in_one_moment_one_wins_and_one_is_told(editors, monkeypatch):
    product = make_product("Loaf")
    replies = press_together(editors, product, ("A", "B"), monkeypatch)
    assert sorted(replies.values()) == [200, 302]
    winner = next(name for name, status in replies.items() if status == 302)
    assert Product.objects.get().name == winner


@pytest.mark.control
def test_control_without_the_lock_both_save_and_one_is_undone(editors, monkeypatch):
    monkeypatch.setattr(editing, "locked", lambda rows: rows)
    product = make_product("Loaf")
    replies = press_together(editors, product, ("A", "B"), monkeypatch)
    assert list(replies.values()) == [302, 302]


@pytest.mark.django_db
def test_a_sku_that_somebody_took_in_the_same_moment_is_named(console, monkeypatch):
    product, other = make_product("Loaf"), make_product("Other").variants.get()
    original = Variant.validate_unique
    monkeypatch.setattr(Variant, "validate_unique", lambda *_, **__: None)
    calls = []

    def save_locked(self, *args):
        calls.append(1)
        if len(calls) == 2:
            monkeypatch.setattr(Variant, "validate_unique", original)
        return plain(self, *args)

    plain = editing.CarefulEditing._save_locked
    monkeypatch.setattr(editing.CarefulEditing, "_save_locked", save_locked)
    reply = save(console, product, **{"variants-0-sku": other.sku})
    assert reply.status_code == 200
    assert "already exists" in reply.content.decode()


@pytest.mark.django_db
def test_two_sizes_of_one_name_are_refused_at_the_second(console):
    product = make_product(prices=("5.00", "6.00"))
    reply = save(console, product, **{"variants-1-name": "Size 1"})
    assert "Another size of this product has this name" in reply.content.decode()


@pytest.mark.django_db
def test_every_field_of_a_size_is_edited(console):
    product = make_product()
    typed = {
        "unit_cost": "2.5", "shape": "round", "length_in": "10", "height_in": "4",
        "tiers": "10 x 4, 8 x 4", "weight_g": "900", "servings_min": "8", "servings_max": "12",
        "lead_days": "2", "cutoff_at": "15:00", "oven_minutes": "30", "decorator_minutes": "20",
        "pieces": "6", "packaging": "prepackaged",
    }  # fmt: skip
    changes = {f"variants-0-{name}": value for name, value in typed.items()}
    assert save(console, product, **changes).status_code == 302
    size = Variant.objects.get()
    sent = size_fields(size, 0)
    assert {name: str(sent[f"variants-0-{name}"]) for name in typed} == typed | {
        "unit_cost": "2.5000", "length_in": "10.00", "height_in": "4.00",
        "tiers": "round 10 x 4, round 8 x 4", "cutoff_at": "15:00:00",
    }  # fmt: skip
    wrong = save(console, product, **{"variants-0-tiers": "ten by four"})
    assert "Write tiers as" in wrong.content.decode()


@pytest.mark.django_db
def test_an_archived_size_is_put_back_from_the_page(console):
    product = make_product(publish=False)
    size = product.variants.get()
    console.post(f"{LIST}size/{size.pk}/archive/")
    assert "Put back on sale" in console.get(f"{LIST}{product.pk}/change/").content.decode()
    console.post(f"{LIST}size/{size.pk}/restore/")
    assert Variant.objects.get().archived_at is None
    for odd in (f"size/{10**6}/archive/", f"size/{size.pk}/explode/", f"size/{2**70}/archive/"):
        assert console.post(f"{LIST}{odd}").status_code == 404


@pytest.mark.django_db
def test_a_draft_is_previewed_by_staff_alone(console, client):
    draft = make_product("Secret cake", publish=False, allergens=KNOWN)
    address = f"/shop/preview/{draft.pk}/"
    reply = console.get(address)
    html = reply.content.decode()
    assert "Secret cake" in html
    assert "Preview for staff" in html
    assert "Add to cart</button>" not in html
    assert reply["Cache-Control"] == "no-store, private"
    assert "noindex" in reply["X-Robots-Tag"]
    assert client.get(address).status_code == 302
    customer = people.browser(people.customer())
    assert customer.get(address).status_code in {302, 403}
    assert client.get(f"/shop/{draft.slug}/").status_code == 404
    for missing in (10**6, 2**70):
        assert console.get(f"/shop/preview/{missing}/").status_code == 404
