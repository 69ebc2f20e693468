"""Suggested prices in the console: each size of a product, and what was decided before."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from apps.pricing import services
from apps.pricing.models import Decision
from apps.pricing.services import SizeDecision, Suggestion
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock, money
from bakery.kernel.errors import Conflict, DomainError, NotFound

_MOST_SERVINGS = 5000


class SizeForm(forms.Form):
    """What is decided about one size; nothing is, unless ``take`` is ticked."""

    take = forms.BooleanField(required=False)
    price = forms.DecimalField(max_digits=10, decimal_places=2, min_value=0, required=False)
    least = forms.IntegerField(min_value=1, max_value=_MOST_SERVINGS, required=False)
    most = forms.IntegerField(min_value=1, max_value=_MOST_SERVINGS, required=False)
    reason = forms.CharField(max_length=500, required=False)
    seen_price = forms.DecimalField(max_digits=10, decimal_places=2, widget=forms.HiddenInput)
    seen_suggestion = forms.DecimalField(max_digits=10, decimal_places=2, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, width in (("price", "w6"), ("least", "w5"), ("most", "w5")):
            self.fields[name].widget.attrs["class"] = width

    def clean(self) -> dict[str, Any]:
        """Ask for a price, and for both ends of the servings or none."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("take"):
            return cleaned
        if cleaned.get("price") is None and "price" not in self.errors:
            self.add_error("price", "Type a price.")
        if (cleaned.get("least") is None) != (cleaned.get("most") is None):
            self.add_error("least", "State the smallest and the largest number, or neither.")
        return cleaned


@dataclass(frozen=True)
class Block:
    """A size on the page: its suggestion, and the form to decide (None: something is missing)."""

    suggestion: Suggestion
    form: SizeForm | None

    @property
    def is_taken(self) -> bool:
        """Whether its box is ticked."""
        return self.form is not None and bool(self.form.cleaned_data.get("take"))


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """What was decided, beside what had been predicted; and the page that suggests prices."""

    list_display = (
        *("at", "subject", "predicted", "final_price", "difference", "version"),
        *("reason", "actor"),
    )
    list_filter = ("prediction__source",)
    list_select_related = ("prediction__version",)
    search_fields = ("prediction__subject",)

    @admin.display(description="what")
    def subject(self, row: Decision) -> str:
        """Show the request's number or the size's SKU."""
        return row.prediction.subject

    @admin.display(description="predicted", ordering="prediction__price")
    def predicted(self, row: Decision) -> str:
        """Show the price that was predicted."""
        return money.display(row.prediction.price, row.prediction.currency)

    @admin.display(description="by")
    def version(self, row: Decision) -> str:
        """Show which model spoke."""
        return row.prediction.version.name if row.prediction.version else "formula"

    def get_urls(self) -> list[URLPattern]:
        """Add the page of a product."""
        page = self.admin_site.admin_view(self.suggest)
        return [
            path("product/<int:product_id>/", page, name="pricing_suggested"),
            *super().get_urls(),
        ]

    def suggest(self, request: HttpRequest, product_id: int) -> HttpResponse:
        """Show what each size should cost, and take what was decided."""
        if not request.user.has_perm("catalog.change_variant"):
            raise PermissionDenied
        try:
            product, found = services.suggest_prices(
                product_id=min(product_id, 2**63 - 1), at=clock.now()
            )
        except NotFound as error:
            raise Http404 from error
        blocks = [_block(request, suggestion) for suggestion in found]
        refused: DomainError | None = None
        if request.method == "POST" and all(b.form is None or b.form.is_valid() for b in blocks):
            try:
                self._decide(request, product_id, blocks)
            except DomainError as error:
                refused = error
                blocks = [_told(block, error) for block in blocks]
            else:
                return HttpResponseRedirect(request.path)
        context = self.page_context(
            request,
            title=f"Suggested prices of {product.name}",
            product=product,
            blocks=blocks,
            can_decide=any(block.form for block in blocks),
            refused=refused,
            currency=settings.SHOP_CURRENCY,
            back=reverse("admin:catalog_product_change", args=[product.id]),
        )
        status = 409 if isinstance(refused, Conflict) else 200
        return render(request, "admin/pricing/suggested.html", context, status=status)

    def _decide(self, request: HttpRequest, product_id: int, blocks: list[Block]) -> None:
        count = services.decide_prices(
            product_id=product_id,
            decisions=[_decision(block) for block in blocks if block.is_taken],
            actor=actor_of(request),
            at=clock.now(),
        )
        messages.success(request, f"{count} price{'' if count == 1 else 's'} decided and logged.")


def _block(request: HttpRequest, suggestion: Suggestion) -> Block:
    size, price, servings = suggestion.size, suggestion.price, suggestion.servings
    if price is None or servings is None:
        return Block(suggestion, None)
    form = SizeForm(
        request.POST if request.method == "POST" else None,
        prefix=f"size-{size.variant_id}",
        initial={
            "price": price.price,
            "least": servings.least,
            "most": servings.most,
            "seen_price": size.price,
            "seen_suggestion": price.price,
        },
    )
    return Block(suggestion, form)


def _decision(block: Block) -> SizeDecision:
    given: dict[str, Any] = block.form.cleaned_data if block.form else {}
    return SizeDecision(
        variant_id=block.suggestion.size.variant_id,
        price=given["price"],
        seen_price=given["seen_price"],
        seen_suggestion=given["seen_suggestion"],
        servings_least=given["least"],
        servings_most=given["most"],
        reason=given["reason"],
    )


def _told(block: Block, error: DomainError) -> Block:
    """Return the block with why the service refused it, and with what holds by now as seen."""
    if block.form is None:
        return block
    size, price = block.suggestion.size, block.suggestion.price
    posted: Any = block.form.data.copy()  # type: ignore[attr-defined]  # a QueryDict
    posted[block.form.add_prefix("seen_price")] = str(size.price)
    posted[block.form.add_prefix("seen_suggestion")] = str(price.price if price else Decimal(0))
    form = SizeForm(posted, prefix=block.form.prefix)
    if form.is_valid() and error.details.get("variant_id") == size.variant_id:
        field = str(error.details.get("field", ""))
        named = {"servings": "least"}.get(field, field)
        form.add_error(named if named in form.fields else None, error.message)
    return Block(block.suggestion, form)
