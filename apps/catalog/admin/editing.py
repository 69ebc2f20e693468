"""Saving a product's page: one editor at a time, and nobody's work undone unseen."""

from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from apps.catalog.admin import conflicts
from apps.catalog.admin.sizes import VariantForm
from apps.catalog.models import Product
from bakery.edge.console import AuditedModelAdmin
from bakery.kernel.locks import locked

_PREFIX = "variants"


class CarefulEditing(AuditedModelAdmin):
    """Locks the product while its page is saved, and shows what somebody else saved meanwhile."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Save under a lock; values that somebody took in the same moment are found at once."""
        context = extra_context or {}
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, context)
        try:
            return self._save_locked(request, object_id, form_url, context)
        except IntegrityError:
            # A SKU or slug was taken between our look and our write: this time the form sees it.
            return self._save_locked(request, object_id, form_url, context)

    def _save_locked(
        self, request: HttpRequest, object_id: str | None, form_url: str, context: dict[str, Any]
    ) -> HttpResponse:
        with transaction.atomic():
            product = _existing(object_id)
            if product is not None and self.has_change_permission(request, product):
                product = locked(Product.objects.filter(pk=product.pk)).get()
                context = {**context, **self._notice_others(request, product)}
            return super().changeform_view(request, object_id, form_url, context)

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        **kwargs: Any,
    ) -> Any:
        """Let the form of a stale page refuse to be saved."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.conflict = getattr(request, "product_conflict", False)
        return form

    def read_state(self, product: Product) -> str:
        """Return what the page of ``product`` carries about the values that it shows."""
        return conflicts.seal(conflicts.state_of(product, self.form, VariantForm))

    def _notice_others(self, request: HttpRequest, product: Product) -> dict[str, Any]:
        """Compare a posted page with what is stored, and merge the two when they differ."""
        read_at = product.updated_at.isoformat()
        if request.POST.get("read_at") == read_at:
            return {}
        forms_of = {
            "whole": self.form(instance=product),
            **conflicts.posted_sizes(request.POST, _PREFIX, VariantForm),
        }
        stored = conflicts.state_of(product, self.form, VariantForm)
        merged, differences = conflicts.merge(
            request.POST,
            opened=conflicts.unseal(request.POST.get("read_state", "")),
            stored=stored,
            forms_of=forms_of,
            names=conflicts.names_of(product),
        )
        merged["read_at"] = read_at
        request.POST = merged  # type: ignore[assignment]  # a copy, which has its own type
        if not differences:
            return {}
        request.product_conflict = True  # type: ignore[attr-defined]  # read by `get_form`
        return {
            "differences": differences,
            "had_file": bool(request.FILES),
            "read_state": conflicts.seal(stored),
        }


def _existing(object_id: str | None) -> Product | None:
    if not object_id or not object_id.isdecimal() or int(object_id) >= 2**63:
        return None
    return Product.objects.filter(pk=int(object_id)).first()
