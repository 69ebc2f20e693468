"""The whole range, as staff see it."""

from uuid import UUID

from django.db.models import QuerySet

from apps.catalog.models import Product, RangeImport
from apps.catalog.states import ProductKind
from bakery.kernel.errors import NotFound


def range_products() -> QuerySet[Product]:
    """Return the products that staff keep: all but that of custom cakes, agreed one by one."""
    return Product.objects.exclude(kind=ProductKind.CUSTOM_TEMPLATE)


def all_products() -> QuerySet[Product]:
    """Return every product with its sizes: two statements, however many products."""
    return range_products().order_by("pk").prefetch_related("variants")


def any_product(product_id: int) -> Product:
    """Return one product, whatever its status; raise `NotFound`."""
    product = all_products().filter(pk=product_id).first()
    if product is None:
        raise NotFound("product_not_found", "There is no such product.")
    return product


def checked_import(import_id: UUID) -> RangeImport:
    """Return a file that was checked, carried out or not; raise `NotFound`."""
    found = RangeImport.objects.filter(pk=import_id).first()
    if found is None:
        raise NotFound("import_not_found", "There is no such import.")
    return found
