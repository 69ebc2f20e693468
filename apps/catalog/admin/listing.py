"""The console's product list: what is read for a page, and how it is shown."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.files.storage import default_storage
from django.db.models import Min, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from apps.catalog import selectors
from apps.catalog.models import Product, Variant
from apps.catalog.selectors import Overview
from bakery.kernel import clock, money

_NOTHING = Overview()
_DASH = mark_safe('<span class="quiet">&ndash;</span>')
_MOST_WORDS = 8


class ProductChangeList(ChangeList):
    """Reads what stands beside the products of one page, in a fixed number of statements."""

    def get_results(self, request: HttpRequest) -> None:
        """Attach an overview to each product of the page."""
        super().get_results(request)
        self.result_list = rows = list(self.result_list)
        found = selectors.overviews([row.pk for row in rows], at=clock.now())
        for row in rows:
            row.overview = found[row.pk]


class ListColumns:
    """The columns of the list."""

    @admin.display(description="")
    def thumbnail(self, product: Product) -> SafeString:
        """Show the picture, or that there is none."""
        if not product.image:
            return mark_safe('<span class="thumb thumb-none" title="No picture"></span>')
        return format_html(
            '<img class="thumb" src="{}" alt="" width="48" height="48" loading="lazy">',
            default_storage.url(smallest_rendition(product)),
        )

    @admin.display(description="category", ordering="category")
    def shelf(self, product: Product) -> SafeString:
        """Show where it stands, and its kind."""
        return format_html(
            '{}<br><span class="quiet">{}</span>', product.category, product.get_kind_display()
        )

    @admin.display(description="price", ordering="lowest")
    def prices(self, product: Any) -> SafeString | str:
        """Show the range of prices, before tax."""
        row = _row(product)
        if row.lowest is None or row.highest is None:
            return _DASH
        low = _amount(row.lowest)
        return low if row.lowest == row.highest else f"{low} to {_amount(row.highest)}"

    @admin.display(description="margin")
    def margin(self, product: Any) -> SafeString:
        """Show the lowest margin of the sizes, marked when it is below the floor."""
        row = _row(product)
        if row.margin is None:
            return _quiet("cost unknown") if row.sizes else _DASH
        css, sign = ("flag flag-bad", " \N{WARNING SIGN}") if row.below_floor else ("", "")
        share = f"{row.margin * 100:.0f} %"
        title = f"Floor {settings.SHOP_MARGIN_FLOOR * 100:.0f} %"
        if row.costless:
            title = f"{title}; the cost of {row.costless} of {row.sizes} sizes is not known"
            share = f"{share}?"
        return format_html('<span class="{}" title="{}">{}{}</span>', css, title, share, sign)

    @admin.display(description="stock")
    def stock(self, product: Any) -> SafeString:
        """Show what is left, and how many sizes are sold out."""
        row = _row(product)
        if not row.sizes:
            return _DASH
        if row.left is None:
            return _quiet("to order")
        if row.left <= 0:
            return format_html('<span class="flag flag-bad">{}</span>', "sold out")
        if row.sold_out:
            return format_html(
                '{} <span class="flag flag-warn">{} sold out</span>', row.left, row.sold_out
            )
        return format_html("{}", row.left)

    @admin.display(description="earliest pickup")
    def promise(self, product: Any) -> SafeString:
        """Show when it can be had, and what keeps it from being earlier."""
        promise = _row(product).promise
        if promise is None:
            return _DASH
        if promise.earliest is None:
            return format_html(
                '<span class="flag flag-warn" title="{}">none</span>', promise.reason
            )
        return format_html(
            '<time datetime="{}">{}</time><br><span class="quiet" title="{}">limit: {}</span>',
            promise.earliest.isoformat(),
            _local(promise.earliest),
            promise.reason,
            promise.binding.replace("_", " "),
        )

    @admin.display(description="status", ordering="status")
    def state(self, product: Any) -> SafeString:
        """Show the status as a badge."""
        return format_html(
            '<span class="flag flag-{}">{}</span>', product.status, product.get_status_display()
        )


def list_query(rows: QuerySet[Product]) -> QuerySet[Product]:
    """Let the list be ordered by price."""
    sizes = Variant.objects.filter(product=OuterRef("pk"), archived_at=None).order_by()
    lowest = sizes.values("product").annotate(lowest=Min("price")).values("lowest")
    return rows.annotate(lowest=Subquery(lowest))


def search(rows: QuerySet[Product], text: str) -> QuerySet[Product]:
    """Return the products with all words in name or slug, or in the SKU of some size."""
    for word in text.split()[:_MOST_WORDS]:
        with_sku = Variant.objects.filter(sku__icontains=word).order_by().values("product")
        rows = rows.filter(Q(name__icontains=word) | Q(slug__icontains=word) | Q(pk__in=with_sku))
    return rows


def smallest_rendition(product: Product) -> str:
    """Return the key of the narrowest picture there is, the main one without renditions."""
    kinds = product.image_set if isinstance(product.image_set, dict) else {}
    widths = kinds.get("webp") or kinds.get("jpeg") or {}
    if not widths:
        return str(product.image.name)
    return str(widths[min(widths, key=int)])


def _row(product: Any) -> Overview:
    overview: Overview = getattr(product, "overview", _NOTHING)
    return overview


def _amount(price: Decimal) -> str:
    return money.display(price, settings.SHOP_CURRENCY)


def _quiet(text: str) -> SafeString:
    return format_html('<span class="quiet">{}</span>', text)


def _local(moment: datetime) -> str:
    here = moment.astimezone(clock.shop_zone())
    return f"{here:%a} {here.day} {here:%b, %H:%M}"
