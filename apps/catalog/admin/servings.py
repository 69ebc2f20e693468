"""Servings in the console: the chart's suggestion beside what was decided."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from apps.catalog import selectors, services
from apps.catalog.models import ServingsDecision, Variant
from apps.catalog.rules.servings import PARTY, STYLES
from apps.catalog.services.servings import MOST_SERVINGS
from bakery.edge.console import actor_of
from bakery.edge.readonly import ReadOnlyAdmin
from bakery.kernel import clock
from bakery.kernel.errors import DomainError, NotFound


class DecisionForm(forms.Form):
    """What the size serves."""

    least = forms.IntegerField(min_value=1, max_value=MOST_SERVINGS, label="Serves at least")
    most = forms.IntegerField(min_value=1, max_value=MOST_SERVINGS, label="Serves at most")
    style = forms.ChoiceField(choices=list(STYLES.items()), label="Slices")
    reason = forms.CharField(
        max_length=500,
        required=False,
        help_text="Needed when it is not what the chart says. Kept with the decision.",
    )


@admin.register(ServingsDecision)
class ServingsDecisionAdmin(ReadOnlyAdmin):
    """Decisions, newest first; each beside the suggestion of its day."""

    list_display = (
        "at", "size", "suggested", "decided", "overridden", "chart", "reason", "actor",
    )  # fmt: skip
    list_select_related = ("variant__product",)
    search_fields = ("variant__sku", "variant__product__name")

    @admin.display(description="size")
    def size(self, row: ServingsDecision) -> str:
        """Show the product and size."""
        return f"{row.variant.product.name}, {row.variant.name}"

    @admin.display(description="suggested")
    def suggested(self, row: ServingsDecision) -> str:
        """Show the chart's range."""
        return "-" if row.suggested_least is None else f"{row.suggested_least}-{row.suggested_most}"

    @admin.display(description="decided")
    def decided(self, row: ServingsDecision) -> str:
        """Show what was chosen."""
        return f"{row.least}-{row.most}"

    @admin.display(description="override", boolean=True)
    def overridden(self, row: ServingsDecision) -> bool:
        """Show whether it differs."""
        return row.is_override

    def get_urls(self) -> list[URLPattern]:
        """Add the page of one size."""
        page = self.admin_site.admin_view(self.decide)
        return [
            path("size/<int:variant_id>/", page, name="catalog_servings_decide"),
            *super().get_urls(),
        ]

    def decide(self, request: HttpRequest, variant_id: int) -> HttpResponse:
        """Show the suggestion and take the decision."""
        if not request.user.has_perm("catalog.change_variant"):
            raise PermissionDenied
        try:
            variant = selectors.any_variant(variant_id)
        except NotFound as error:
            raise Http404 from error
        form = DecisionForm(request.POST or None, initial=_initial(variant))
        if request.method == "POST" and form.is_valid() and self._save(request, variant, form):
            return HttpResponseRedirect(
                reverse("admin:catalog_product_change", args=[variant.product_id])
            )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Servings of {variant.product.name}, {variant.name}",
            "variant": variant,
            "answers": _answers(variant),
            "decisions": variant.servings_decisions.all()[:10],
            "form": form,
        }
        return render(request, "admin/catalog/servings.html", context)

    def _save(self, request: HttpRequest, variant: Variant, form: DecisionForm) -> bool:
        try:
            decision = services.decide_servings(
                variant_id=variant.pk,
                **form.cleaned_data,
                actor=actor_of(request),
                at=clock.now(),
            )
        except DomainError as error:
            form.add_error((error.details or {}).get("field"), error.message)
            return False
        messages.success(request, f"{variant.name} serves {decision.least} to {decision.most}.")
        return True


def _answers(variant: Variant) -> list[tuple[str, Any]]:
    """The chart's answer for each way of cutting."""
    return [
        (label, answer)
        for style, label in STYLES.items()
        if (answer := selectors.servings_suggestion(variant, style=style)) is not None
    ]


def _initial(variant: Variant) -> dict[str, Any]:
    suggestion = selectors.servings_suggestion(variant)
    return {
        "least": variant.servings_min or (suggestion.least if suggestion else None),
        "most": variant.servings_max or (suggestion.most if suggestion else None),
        "style": PARTY,
    }
