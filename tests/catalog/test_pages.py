"""The shop's pages."""

import re
from html import unescape

import pytest

from apps.catalog.states import ProductKind
from apps.inventory.services import adjust_stock
from apps.inventory.states import StockReason
from tests.catalog.factories import AT, KNOWN, make_product

pytestmark = pytest.mark.django_db


def stocked(*args, **fields):
    product = make_product(*args, **fields)
    for variant in product.variants.all():
        adjust_stock(
            variant_id=variant.pk,
            delta=9,
            reason=StockReason.BAKED,
            note="",
            actor="user:1",
            at=AT,
        )
    return product


def page(client, address, status=200) -> str:
    reply = client.get(address)
    assert reply.status_code == status
    return reply.content.decode()


def test_front_page_leads_to_every_part(client, settings):
    stocked("Rye")
    make_product("Cake", kind=ProductKind.CAKE, category="Cakes")
    html = page(client, "/")
    for address in ("/shop/", "/cart/", "/console/", "/board/", "/api/docs/",
                    f"{settings.SANDBOX_URL}/", "/shop/rye/", "/shop/cake/"):  # fmt: skip
        assert f'href="{address}"' in html
    settings.SANDBOX = False
    assert settings.SANDBOX_URL not in page(client, "/")


def test_empty_shop_still_has_a_front_page(client):
    assert "shelves are being filled" in page(client, "/")
    assert "Nothing on the shelves fits" in page(client, "/shop/")


def test_product_page_has_the_form_that_the_cart_expects(client):
    product = stocked("Rye", prices=("5.00", "9.00"), size={"message_max_length": 30})
    html = page(client, "/shop/rye/")
    assert 'action="/cart/add/"' in html
    assert "csrfmiddlewaretoken" in html
    for variant in product.variants.all():
        assert f'name="variant_id" value="{variant.pk}"' in html
    assert 'name="quantity"' in html
    assert 'name="message" maxlength="30"' in html
    assert "from $5.00" in html


def test_unknown_allergens_are_never_an_all_clear(client):
    stocked("Unknown")
    html = page(client, "/shop/unknown/")
    assert "Ask us about allergens" in html
    assert "free" not in html.split('id="facts"')[1].split("</section>")[0].replace(
        "assume it is free from anything", ""
    )


def test_known_allergens_are_written_out(client):
    stocked("Known", allergens=KNOWN)
    html = page(client, "/shop/known/")
    assert "<strong>wheat, milk</strong>" in html
    assert "tree nuts" in html
    assert "Ask us about allergens" not in html


def test_sold_out_cannot_be_put_into_the_cart(client):
    make_product("Rye")
    html = page(client, "/shop/rye/")
    assert "Sold out for now" in html
    assert "Add to cart" not in html


def test_text_of_products_is_escaped(client):
    stocked("Rye", description="<script>alert(1)</script>", short_description="<b>x</b>")
    for address in ("/shop/rye/", "/shop/", "/"):
        html = page(client, address)
        assert "<script>alert" not in html
        assert "<b>x" not in html


def test_shelves_are_narrowed(client):
    stocked("Rye", diet_tags=["vegan"])
    stocked("Brioche")
    assert "Brioche" not in page(client, "/shop/?diet=vegan")
    assert "Rye" not in page(client, "/shop/?q=brio")
    assert "Nothing on the shelves fits" in page(client, "/shop/?category=nowhere")


def facet(html, label):
    """The line of a filter's choice: its address, None when it leads nowhere, and its count."""
    line = re.search(
        rf'<(a|span) class="choice-line([^"]*)"([^>]*)><span>{label}</span>'
        r'<span class="count">(\d+)',
        html,
    )
    address = re.search('href="([^"]*)"', line[3])
    return (unescape(address[1]) if address else None), int(line[4])


def test_each_choice_leads_to_as_many_products_as_it_says(client):
    stocked("Rye", diet_tags=["vegan"], prices=("7.00",))
    stocked("Oat loaf", diet_tags=["vegan"], prices=("12.00",))
    stocked("Brioche", category="Pastry", prices=("12.00",))
    html = page(client, "/shop/?diet=vegan")
    assert facet(html, "Pastry") == (None, 0)  # said, and not to be walked into
    assert facet(html, "Bread")[1] == 2
    for label in ("Bread", "Vegan", r"\$10.00 to \$24.99", "Everyday"):
        address, count = facet(html, label)
        if label == "Vegan":
            assert address == "/shop/"  # taken back
            continue
        assert page(client, address).count('<li class="card">') == count


def test_filters_that_are_on_are_shown_with_the_way_back(client):
    stocked("Rye", diet_tags=["vegan", "vegetarian"])
    html = page(client, "/shop/?q=rye&diet=vegan&diet=vegetarian&price_max=9.99&servings_min=1")
    chips = {
        unescape(label).strip(): unescape(address)
        for address, label in re.findall(
            r'class="chip" href="([^"]*)"[^>]*><span class="sr-only">Remove </span>([^<]*)', html
        )
    }
    assert list(chips) == ["“rye”", "Vegan", "Vegetarian", "Up to $9.99", "Serves 1 or more"]
    assert chips["Vegan"] == "/shop/?q=rye&diet=vegetarian&price_max=9.99&servings_min=1"
    assert 'class="chip chip-quiet" href="/shop/"' in html
    assert "fits all of this at once" in html  # Rye states no servings
    for name, value in (("diet", "vegan"), ("price_max", "9.99"), ("servings_min", "1")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in html


def test_a_misspelling_is_said_with_what_stands_in_for_it(client):
    stocked("Chocolate cake")
    html = page(client, "/shop/?q=choclate")
    assert "Nothing has “choclate”" in html
    assert "<strong>“chocolate”</strong>" in html
    assert "/shop/chocolate-cake/" in html
    assert "<strong>“" not in page(client, "/shop/?q=chocolate")


def test_the_shelf_is_put_in_order(client):
    stocked("A", prices=("9.00",))
    stocked("B", prices=("3.00",))
    by_price = page(client, "/shop/?ordering=price")
    assert by_price.index("/shop/b/") < by_price.index("/shop/a/")
    assert '<option value="price" selected>' in by_price
    assert "Best match" not in by_price
    assert '<option value="" selected>Best match</option>' in page(client, "/shop/?q=a")


@pytest.mark.parametrize("query", ["diet=unicorn", "page=0", "page=x", "q=" + "x" * 101])
def test_bad_filters_are_said_not_thrown(client, query):
    assert "errorlist" in page(client, f"/shop/?{query}", status=400)


def test_shelves_have_pages(client):
    for number in range(25):
        make_product(f"Loaf {number:02}")
    first, second = page(client, "/shop/?q=loaf"), page(client, "/shop/?q=loaf&page=2")
    assert ('rel="next" href="?q=loaf&amp;page=2"' in first, 'rel="prev"' in first) == (True, False)
    assert ("Loaf 24" in second, 'rel="next"' in second) == (True, False)


@pytest.mark.parametrize("address", ["/", "/shop/", "/shop/loaf-0/"])
def test_queries_do_not_grow_with_the_range(client, address, django_assert_max_num_queries):
    make_product("Loaf 0")
    with django_assert_max_num_queries(8) as few:
        page(client, address)
    for number in range(1, 15):
        make_product(f"Loaf {number}", prices=("5.00", "6.00"))
    with django_assert_max_num_queries(len(few)):
        page(client, address)


def test_pages_have_no_inline_style_or_script_and_no_cookie_needed(client):
    stocked("Rye")
    for address in ("/", "/shop/", "/shop/rye/"):
        html = page(client, address)
        assert " style=" not in html
        assert "<script" not in html
        assert " onclick" not in html


def test_nothing_else_is_a_product_page(client):
    make_product("Draft", publish=False)
    page(client, "/shop/draft/", status=404)
    assert client.post("/shop/").status_code == 405
