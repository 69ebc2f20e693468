"""The range in the console."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.catalog.admin.sizes import VariantForm
from apps.catalog.models import Product, Variant
from apps.catalog.states import ProductKind
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.catalog.factories import KNOWN, make_category, make_product

pytestmark = pytest.mark.django_db
LIST = "/console/catalog/product/"


def size_fields(size, number):
    """What the form of one size sends."""
    form = VariantForm(instance=size, prefix=f"variants-{number}")
    sent = {f"variants-{number}-id": size.pk or "", f"variants-{number}-product": size.product_id}
    for name, field in form.fields.items():
        value = field.prepare_value(form.get_initial_for_field(field, name))
        if value is not None and value is not False:
            sent[f"variants-{number}-{name}"] = value
    return sent


def fields_of(product, **changes):
    """What the product's form sends."""
    sizes = list(product.variants.filter(archived_at=None)) if product.pk else []
    data = {
        "name": product.name,
        "slug": product.slug,
        "kind": product.kind,
        "category": product.category_id,
        "tax_class": product.tax_class,
        "short_description": product.short_description,
        "seo_description": product.seo_description,
        "description": product.description,
        "diet_tags": product.diet_tags,
        "read_at": product.updated_at.isoformat() if product.pk else "",
        "variants-TOTAL_FORMS": len(sizes),
        "variants-INITIAL_FORMS": len(sizes),
    }
    for number, size in enumerate(sizes):
        data |= size_fields(size, number)
    return data | changes


def save(console, product, **changes):
    address = f"{LIST}{product.pk}/change/" if product.pk else f"{LIST}add/"
    return console.post(address, fields_of(product, **changes))


def test_price_change_is_saved_and_audited_with_its_reason(console):
    product = make_product()
    size = product.variants.get()
    reply = save(console, product, **{"variants-0-price": "7.25", "reason": "flour costs more"})
    assert reply.status_code == 302, reply.context["errors"]
    assert str(Variant.objects.get().price) == "7.25"
    entry = AuditEntry.objects.first()
    assert (entry.action, entry.reason) == ("catalog.product.change", "flour costs more")
    before, after = entry.changes[f"variant:{size.pk}"]
    assert (str(before["price"]), str(after["price"])) == ("6.50", "7.25")


def test_product_is_created_as_a_draft(console):
    new = Product(name="Rye", slug="rye", category=make_category(), diet_tags=[])
    facts = {"allergens_known": "on", "contains": ["wheat"]}
    assert save(console, new, **facts).status_code == 302
    stored = Product.objects.get()
    assert (stored.status, stored.allergens) == (
        "draft",
        {"contains": ["wheat"], "may_contain": []},
    )


def test_the_product_of_custom_cakes_is_not_made_by_hand(console):
    page = console.get(f"{LIST}add/").content.decode()
    assert 'value="cake"' in page
    assert "custom_template" not in page
    new = Product(name="Own", slug="own", category=make_category(), diet_tags=[])
    refused = save(console, new, kind=ProductKind.CUSTOM_TEMPLATE)
    assert refused.status_code == 200
    assert "is not one of the available choices" in refused.content.decode()
    assert not Product.objects.exists()


def test_stale_form_undoes_nothing(console):
    product = make_product()
    stale = fields_of(product, name="Mine")
    assert save(console, product, name="Theirs").status_code == 302
    reply = console.post(f"{LIST}{product.pk}/change/", stale)
    assert "Somebody else changed this product" in reply.content.decode()
    assert Product.objects.get().name == "Theirs"


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"diet_tags": ["nut_free"]}, "unknown is not free from"),
        ({"contains": ["egg"]}, "Allergens are recorded"),
        (
            {"diet_tags": ["vegan"], "allergens_known": "on", "contains": ["egg"]},
            "contradicted by: egg",
        ),
    ],
)
def test_claims_are_held_against_facts(console, facts, message):
    product = make_product()
    reply = save(console, product, **facts)
    assert message in reply.content.decode()
    assert Product.objects.get().diet_tags == []


def test_buttons_move_a_product_and_status_cannot_be_typed(console):
    product = make_product(publish=False, allergens=KNOWN)
    console.post(f"{LIST}{product.pk}/do/publish/")
    assert Product.objects.get().status == "published"
    product.refresh_from_db()
    facts = {"allergens_known": "on", **KNOWN}
    assert save(console, product, status="archived", **facts).status_code == 302
    assert Product.objects.get().status == "published"
    html = console.get(f"{LIST}{product.pk}/change/").content.decode()
    assert ("do/archive/" in html, "do/publish/" in html) == (True, False)
    assert console.get(f"{LIST}{product.pk}/do/archive/").status_code == 405
    assert console.post(f"{LIST}{product.pk}/do/explode/").status_code == 404
    console.post(f"{LIST}size/{product.variants.get().pk}/archive/")
    assert Variant.objects.get().archived_at is not None


def test_picture_is_taken_or_refused_with_a_message(console, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    product = make_product()
    target = io.BytesIO()
    Image.new("RGB", (60, 40)).save(target, "PNG")
    upload = SimpleUploadedFile("../../evil.php", target.getvalue())
    assert save(console, product, picture=upload).status_code == 302
    product.refresh_from_db()
    assert product.image.name.endswith(".webp")
    bad = SimpleUploadedFile("cake.png", b"<script>")
    address = f"{LIST}{product.pk}/change/"
    reply = console.post(address, fields_of(product, picture=bad), follow=True)
    assert "The picture was not taken" in reply.content.decode()


@pytest.mark.parametrize("address", [LIST, "/console/catalog/category/"])
def test_lists_cost_the_same_whatever_their_length(console, address, django_assert_max_num_queries):
    make_product("Loaf 0")
    console.get(address)
    with django_assert_max_num_queries(20) as few:
        assert console.get(address).status_code == 200
    for number in range(1, 4):
        make_product(f"Loaf {number}", prices=("5.00", "6.00"), category=f"Shelf {number}")
    with django_assert_max_num_queries(len(few)):
        assert "Shelf 3" in console.get(address).content.decode()


def test_kitchen_looks_and_cannot_change(client):
    product = make_product()
    kitchen = people.browser(people.staff("kitchen"), verified=True)
    assert kitchen.get(f"{LIST}{product.pk}/change/").status_code == 200
    assert kitchen.post(f"{LIST}{product.pk}/do/archive/").status_code == 403
    assert save(kitchen, product, name="x").status_code == 403
    assert Product.objects.get().status == "published"
