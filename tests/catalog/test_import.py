"""The range as a file: out of the shop and back into it."""

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.catalog import services
from apps.catalog.adapters.range_table import COLUMNS
from apps.catalog.adapters.tables import MAX_BYTES, MAX_ROWS, read_table
from apps.catalog.models import Product, RangeImport, Variant
from bakery.kernel.cells import guard, unguard
from bakery.kernel.errors import Conflict, DomainError, Invalid
from bakery.kernel.models import AuditEntry
from tests.catalog.factories import AT, KNOWN, make_category, make_product

ODD = [
    "=1+1",
    "+49",
    "-x",
    "@SUM(A1)",
    "\tx",
    "'=1",
    "''",
    '"',
    "a,b;c",
    "007",
    "\U0001f382",
    " x ",
]


def check(rows, *, file_format="csv", at=AT, **kwargs):
    return services.check_import(data=table(rows), file_format=file_format, at=at, **kwargs)


def table(rows):
    """A CSV file of dicts; the columns are those of the first row."""
    target = io.StringIO()
    writer = csv.DictWriter(target, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue().encode()


def new_row(**cells):
    first = {"product": "rye", "name": "Rye", "category": "Bread", "sku": "RYE-1"}
    return first | {"size": "Loaf", "price": "7.50"} | cells


def problems(found):
    return [(row["line"], row["field"]) for row in found.report["problems"]]


@pytest.mark.parametrize("file_format", ["csv", "json"])
@pytest.mark.django_db
def test_what_was_exported_changes_nothing(file_format):
    make_product("Cake", prices=("50.00", "60.00"), allergens=KNOWN, diet_tags=["vegetarian"])
    make_product("Empty", publish=False, prices=(), description="Two\nlines\r\nand more")
    stack = [{"shape": "round", "length_in": "10", "height_in": "4"}]
    tall = make_product("Tall", size={"tiers": stack, "length_in": "10.50", "unit_cost": "1.2345"})
    services.archive_variant(variant_id=tall.variants.get().pk, at=AT)
    data = services.export_range(file_format=file_format, at=AT)
    found = services.check_import(data=data, file_format=file_format, at=AT)
    assert found.report["problems"] == []
    assert (found.report["rows"], found.report["new"], found.report["changed"]) == (4, 0, 0)


@pytest.mark.django_db(transaction=False)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    texts=st.lists(
        st.sampled_from(ODD)
        | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1),
        min_size=3,
        max_size=3,
        unique=True,
    )
)
def test_odd_texts_come_back_as_they_were(texts):
    Variant.objects.all().delete()
    Product.objects.all().delete()
    name, words, size = (text[:40] for text in texts)
    product = make_product(
        name, publish=False, prices=(), slug="odd", description=words, search_words=words
    )
    Variant.objects.create(product=product, sku=size[:40], name=name[:60], price="1.00")
    for file_format in ("csv", "json"):
        data = services.export_range(file_format=file_format, at=AT)
        found = services.check_import(data=data, file_format=file_format, at=AT)
        assert found.report["problems"] == []
        assert found.report["changes"] == []


@given(text=st.text())
def test_no_cell_is_a_formula_and_none_is_lost(text):
    cell = guard(text)
    assert unguard(cell) == text
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))
    assert not cell.startswith(("\t", "\r", "\n"))


@pytest.mark.parametrize("number", ["12.50", "0", "007"])
def test_numbers_stay_numbers(number):
    assert guard(number) == number


@pytest.mark.django_db
def test_new_and_changed_rows_are_written_and_audited():
    make_category()
    old = make_product("Loaf", allergens=KNOWN)
    sku = old.variants.get().sku
    rows = [
        new_row(status="published", lead_days="2", tiers="10 x 4, 8 x 4", cutoff_at="15:00"),
        new_row(status="published", lead_days="", tiers="", cutoff_at="", sku="RYE-2", size="Half"),
        new_row(product="loaf", name="Old loaf", status="", sku=sku, size="Size 1", price="7.00",
                lead_days="", tiers="", cutoff_at=""),
    ]  # fmt: skip
    found = check(rows)
    assert (found.report["new"], found.report["changed"], problems(found)) == (3, 2, [])
    assert Product.objects.count() == 1
    services.apply_import(import_id=found.pk, at=AT, actor="user:1")
    rye = Product.objects.get(slug="rye")
    assert (rye.status, list(rye.variants.values_list("sku", "lead_days"))) == (
        "published", [("RYE-1", 2), ("RYE-2", 0)],
    )  # fmt: skip
    assert len(rye.variants.get(sku="RYE-1").tiers) == 2
    old.refresh_from_db()
    assert (old.name, str(old.variants.get().price), old.allergens) == ("Old loaf", "7.00", KNOWN)
    entries = {entry.object_id: entry for entry in AuditEntry.objects.filter(actor="user:1")}
    assert entries[str(old.pk)].changes[f"{sku}.price"] == ["6.50", "7.00"]
    assert entries["all"].action == "import_range"
    again = services.apply_import(import_id=found.pk, at=AT)
    assert again.applied_at == AT
    assert check(rows).report["changes"] == []


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        ({"product": ""}, (2, "product")),
        ({"product": "no slug!"}, (2, "product")),
        ({"name": ""}, (2, "name")),
        ({"name": "x" * 121}, (2, "name")),
        ({"category": "Nowhere"}, (2, "category")),
        ({"sku": ""}, (2, "sku")),
        ({"size": ""}, (2, "size")),
        ({"price": ""}, (2, "price")),
        ({"price": "1.005"}, (2, "price")),
        ({"price": "-1"}, (2, "price")),
        ({"price": "1e3"}, (2, "price")),
        ({"price": "12,50"}, (2, "price")),
        ({"price": "NaN"}, (2, "price")),
        ({"kind": "free"}, (2, "kind")),
        ({"diet_tags": "unicorn"}, (2, "diet_tags")),
        ({"diet_tags": "nut_free"}, (2, "diet_tags")),
        ({"contains": "egg"}, (2, "allergens")),
        ({"servings_min": "9", "servings_max": "3"}, (2, "servings_min")),
        ({"tiers": "one"}, (2, "tiers")),
        ({"cutoff_at": "25:00"}, (2, "cutoff_at")),
        ({"length_in": "0"}, (2, "length_in")),
        ({"pieces": "0"}, (2, "pieces")),
        ({"made_to_order": "maybe"}, (2, "made_to_order")),
        ({"status": "published", "on_sale": "no"}, (2, "status")),
    ],
)
@pytest.mark.django_db
def test_each_mistake_is_named_with_its_line_and_column(cells, place):
    make_category()
    found = check([new_row(**cells)])
    assert place in problems(found)
    with pytest.raises(Invalid, match="Mend the rows"):
        services.apply_import(import_id=found.pk, at=AT)
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_all_mistakes_are_found_at_once_and_one_stops_all():
    make_category()
    other = make_product("Loaf").variants.get()
    rows = [
        new_row(),
        new_row(size="Half", price="x"),
        new_row(sku="RYE-3"),
        new_row(sku="RYE-4", size="Third", name="Other rye"),
        new_row(sku=other.sku, size="Fourth"),
    ]
    found = check(rows)
    assert problems(found) == [(3, "price"), (3, "sku"), (4, "size"), (5, "name"), (6, "sku")]
    assert not Product.objects.filter(slug="rye").exists()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf \n", "file_empty"),
        ("product,sku\ncr\u00e8me,1\n".encode("latin-1"), "bad_encoding"),
        (b"PK\x03\x04rest", "bad_encoding"),
        (b"product,sku\nr\x00ye,1\n", "bad_encoding"),
        (b'product,sku\n"rye,1\n', "bad_table"),
        (b"product,sku\nrye,1,2\n", "bad_table"),
        (b"product,sku,sku\nrye,1,2\n", "bad_table"),
        (b"product,sku,colour\nrye,1,red\n", "unknown_columns"),
        (b"name\nRye\n", "missing_columns"),
        (b"x" * (MAX_BYTES + 1), "file_too_large"),
        (b"product,sku\n" + b"rye,1\n" * (MAX_ROWS + 1), "too_many_rows"),
    ],
)
@pytest.mark.django_db
def test_files_that_are_no_table_are_refused_with_a_reason(data, code):
    with pytest.raises(Invalid) as refusal:
        services.check_import(data=data, file_format="csv", at=AT)
    assert refusal.value.code == code
    assert not RangeImport.objects.exists()


@pytest.mark.parametrize("text", ["{}", "[1]", "[]", "nonsense", '[{"sku": ["a"]}]', "[" * 5000])
def test_json_of_another_shape_is_refused(text):
    with pytest.raises(Invalid):
        read_table(text.encode(), file_format="json")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_spreadsheets_write_is_read(line_end, delimiter):
    lines = (delimiter.join(cells) for cells in (["product", "SKU "], ["rye", "1"], ["", ""]))
    found = read_table(b"\xef\xbb\xbf" + line_end.join(lines).encode(), file_format="csv")
    assert (found.columns, list(found.rows)) == (
        ("product", "sku"), [(2, {"product": "rye", "sku": "1"})],
    )  # fmt: skip


@pytest.mark.django_db
def test_a_range_that_changed_meanwhile_is_checked_again():
    product = make_product("Loaf")
    size = product.variants.get()
    found = check([{"product": "loaf", "sku": size.sku, "price": "9.00"}])
    services.update_variant(variant_id=size.pk, changes={"price": "8.00"}, at=AT)
    with pytest.raises(Conflict) as refusal:
        services.apply_import(import_id=found.pk, at=AT)
    assert refusal.value.code == "range_changed"
    assert str(Variant.objects.get().price) == "8.00"


@pytest.mark.django_db
def test_sizes_go_off_sale_and_products_into_the_archive():
    product = make_product("Loaf")
    size = product.variants.get()
    row = {"product": "loaf", "sku": size.sku, "status": "archived", "on_sale": "no"}
    services.apply_import(import_id=check([row]).pk, at=AT)
    product.refresh_from_db()
    assert (product.status, product.variants.get().archived_at) == ("archived", AT)
    back = row | {"status": "published", "on_sale": "yes"}
    services.apply_import(import_id=check([back]).pk, at=AT)
    product.refresh_from_db()
    assert (product.status, product.variants.get().archived_at) == ("published", None)


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.django_db
def test_statements_do_not_grow_with_rows(rows, django_assert_max_num_queries):
    make_category()
    data = table([new_row(sku=f"R{n}", product=f"r{n}") for n in range(rows)])
    with django_assert_max_num_queries(16):
        found = services.check_import(data=data, file_format="csv", at=AT)
    assert found.report["problems"] == []
    with django_assert_max_num_queries(40):
        services.apply_import(import_id=found.pk, at=AT)
    assert Variant.objects.count() == rows


@pytest.mark.django_db
def test_export_has_every_column_and_is_audited():
    make_product("=Loaf")
    data = services.export_range(file_format="csv", at=AT, actor="user:1")
    lines = data.decode("utf-8-sig").splitlines()
    assert lines[0].split(",") == list(COLUMNS)
    assert "'=Loaf" in lines[1]
    assert AuditEntry.objects.get(actor="user:1").action == "export_range"
    as_json = json.loads(services.export_range(file_format="json", at=AT))
    assert as_json[0]["name"] == "=Loaf"
    with pytest.raises(DomainError):
        services.export_range(file_format="exe", at=AT)
