"""Search: words, misspellings, accents, and whatever else people type."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog import services
from apps.catalog.models import Category, Product, SearchWord
from apps.catalog.rules.search_words import closest, slips, words_of
from bakery.kernel.errors import Invalid
from tests.catalog.factories import AT, make_category, make_product

LIST = "/api/v1/products"
database = pytest.mark.django_db


@pytest.fixture
def range_of_six(db):
    make_product("Crème brûlée tart", short_description="Custard under burnt sugar.")
    make_product("Chocolate layer cake", category="Cakes", short_description="Dark sponge.")
    make_product("Plain sponge", category="Cakes", description="Goes with chocolate sauce.")
    make_product("Butter croissants", category="Pastry", short_description="Chocolate or plain.")
    make_product("Gâteau Saint-Honoré", category="Cakes", diet_tags=["vegetarian"])
    make_product("Rye", short_description="Dense and dark.")


def searched(client, text, **more):
    reply = client.get(LIST, {"q": text, **more})
    assert reply.status_code == 200, reply.content
    body = reply.json()
    return [row["name"] for row in body["results"]], body["did_you_mean"]


def test_words_find(client, range_of_six):
    expected = {
        "creme brulee": "Crème brûlée tart",
        "CRÈME": "Crème brûlée tart",
        "cre\u0300me": "Crème brûlée tart",
        "gateau honore": "Gâteau Saint-Honoré",
        "saint-honoré": "Gâteau Saint-Honoré",
        "croissant": "Butter croissants",
        "cakes chocolate": "Chocolate layer cake",
        "choc": "Chocolate layer cake",
        "chocolat": "Chocolate layer cake",
        "dark spon": "Chocolate layer cake",
        "vegetarian": "Gâteau Saint-Honoré",
        "  rye  ": "Rye",
    }
    finds = {text: searched(client, text) for text in expected}
    assert {text: names[0] for text, (names, _) in finds.items()} == expected
    assert {corrected for _, corrected in finds.values()} == {None}


def test_where_a_word_stands_decides_the_rank(client, range_of_six):
    names, _ = searched(client, "chocolate")
    assert names == ["Chocolate layer cake", "Butter croissants", "Plain sponge"]
    assert searched(client, "chocolate", ordering="name")[0] == sorted(names)


@database
def test_equal_finds_stand_in_the_order_of_their_names(client):
    for name in ("Rye C", "Rye A", "Rye B"):
        make_product(name)
    assert searched(client, "rye")[0] == ["Rye A", "Rye B", "Rye C"]


def test_a_misspelling_is_put_right_and_said(client, range_of_six):
    expected = {
        "choclate": ("Chocolate layer cake", "chocolate"),
        "crossant": ("Butter croissants", "croissants"),
        "brulle": ("Crème brûlée tart", "brulee"),
        "Brûlle": ("Crème brûlée tart", "brulee"),
        "gatteau": ("Gâteau Saint-Honoré", "gateau"),
        "chocolaet cake": ("Chocolate layer cake", "chocolate cake"),
    }
    finds = {typed: searched(client, typed) for typed in expected}
    assert {typed: (names[0], meant) for typed, (names, meant) in finds.items()} == expected


def test_words_are_never_dropped_nor_made_into_far_ones(client, range_of_six):
    """Else "cake without nuts" would show every cake, and "vegan" what is vegetarian."""
    for typed in ("spaceship", "cake without nuts", "vegan", "xyz", "ryx cake"):
        assert searched(client, typed) == ([], None), typed


def test_what_is_off_the_shelf_is_not_suggested(client, range_of_six):
    services.archive_product(product_id=Product.objects.get(slug="rye").pk, at=AT)
    assert SearchWord.objects.filter(word="rye").exists()
    assert searched(client, "ryee") == ([], None)


# fmt: off
_ODD = [
    "'", "\"", "''\\'", "a & b | !c", "!!!", ":*", "choc:*A", "<->", "()", "\\", "%", "_", "-",
    "the", "and the of", "🎂", "🎂 cake", "日本語", "١٢٣", "\u202e", "a" * 100, "é" * 100,
    "chocolate'; DROP TABLE x; --", "{0}", "%s %(x)s", "a b c d e f g h i j k l m", "ﬁ",
    "ß ŒUF",
    "\u0301", "1e400 0x1F",
    "http://a.example/?x=1", "\u2028", "c", "chocolate " * 9,
]
# fmt: on


def test_whatever_is_typed_is_answered(client, range_of_six):
    for text in _ODD:
        for address in (LIST, f"{LIST}/facets", "/shop/"):
            reply = client.get(address, {"q": text})
            assert reply.status_code == 200, (text, address, reply.content)
    for text in ("!!!", "()", "🎂", ":*", "%"):
        assert searched(client, text) == ([], None), text  # not everything: nothing was asked for
    assert len(searched(client, " \u2028 ")[0]) == 6


@database
def test_what_cannot_be_looked_for_is_refused(client):
    for text, status in (("x" * 101, 400), ("x" * 10_000, 414), ("choc\0late", 400)):
        for address in (LIST, f"{LIST}/facets", "/shop/"):
            assert client.get(address, {"q": text}).status_code == status


def test_words_and_filters_narrow_together(client, range_of_six):
    assert searched(client, "chocolate", category="cakes")[0] == [
        "Chocolate layer cake",
        "Plain sponge",
    ]
    assert searched(client, "choclate", category="pastry") == (["Butter croissants"], "chocolate")
    assert searched(client, "chocolate", diet="vegan") == ([], None)


def test_pages_of_finds_follow_each_other(client, db):
    for number in range(7):
        make_product(f"Rye {number}", short_description="rye" if number % 2 else "")
    seen, address = [], f"{LIST}?q=ryee&page_size=2"
    while address:
        body = client.get(address).json()
        assert body["did_you_mean"] == "rye"
        seen += [row["name"] for row in body["results"]]
        address, back = body["next"], body["previous"]
    assert sorted(seen) == [f"Rye {number}" for number in range(7)]
    before = client.get(back).json()["results"]
    assert [row["name"] for row in before] == seen[-3:-1]


@database
def test_what_finds_a_product_follows_every_write(client):
    product = make_product("Loaf", description="Plain.")
    services.update_product(product_id=product.pk, changes={"name": "Miche"}, at=AT)
    assert searched(client, "miche")[0] == ["Miche"]
    assert searched(client, "loaf")[0] == []
    changes = {"search_words": "donut beignet"}
    services.update_product(product_id=product.pk, changes=changes, at=AT)
    assert searched(client, "donut")[0] == ["Miche"]
    Category.objects.filter(pk=product.category_id).update(name="Viennoiserie")
    assert searched(client, "viennoiserie")[0] == ["Miche"]
    make_category("Flat things")
    moved = Category.objects.get(name="Flat things").pk
    services.update_product(product_id=product.pk, changes={"category_id": moved}, at=AT)
    assert searched(client, "viennoiserie")[0] == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET short_description = 'Crumbly'")
    assert searched(client, "crumbly")[0] == ["Miche"]
    assert searched(client, "crumbley") == (["Miche"], "crumbly")


@database
def test_no_product_stands_where_the_counts_are(client):
    product = make_product("Facets")
    assert product.slug.startswith("facets-")
    assert "total" in client.get(f"{LIST}/facets").json()
    with pytest.raises(Invalid, match="taken by the shop"):
        services.update_product(product_id=product.pk, changes={"slug": "facets"}, at=AT)


@pytest.mark.parametrize("text", ["chocolate", "choclate"])
@database
def test_searching_costs_the_same_at_one_and_at_many(client, text, django_assert_max_num_queries):
    make_product("Chocolate cake")
    with django_assert_max_num_queries(5) as few:
        assert len(searched(client, text)[0]) == 1
    for number in range(12):
        make_product(f"Chocolate cake {number}")
    with django_assert_max_num_queries(len(few)) as many:
        assert len(searched(client, text)[0]) == 13
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("left", "right", "count"),
    [("cake", "cake", 0), ("caek", "cake", 1), ("cke", "cake", 1), ("bagle", "bagel", 1),
     ("choclate", "chocolate", 1), ("abcdef", "badcfe", 3), ("", "abc", 3), ("a", "abcdef", 4)],
)  # fmt: skip
def test_slips_are_counted(left, right, count):
    assert slips(left, right, most=3) == count
    assert slips(right, left, most=3) == count


@given(st.text(alphabet="abcde", max_size=7), st.text(alphabet="abcde", max_size=7))
def test_slips_are_a_distance(left, right):
    count = slips(left, right, most=9)
    assert count == slips(right, left, most=9)
    assert (count == 0) == (left == right)
    assert abs(len(left) - len(right)) <= count <= max(len(left), len(right))
    assert slips(left, right, most=2) == min(count, 3)


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("bagle", ["bagel", "bangle"], "bagel"),
        ("ry", ["rye"], ""),
        ("ryr", ["rye"], "rye"),
        ("vegan", ["vegetarian"], ""),
        ("cake9", ["cakes"], ""),
        ("brûlle", ["brulee"], "brulee"),
        ("tarte", ["tart", "torte"], "tart"),
    ],
)
def test_the_closest_word(word, known, meant):
    assert closest(word, known) == meant


@given(st.text(max_size=200))
def test_words_hold_nothing_but_letters_and_digits(text):
    words = words_of(text)
    assert len(words) <= 8
    assert all(word.isalnum() and len(word) <= 40 for word in words)
    assert words_of(" ".join(words)) == words
