"""What the counter looks up and prints: the allergen matrix, and a label for a size."""

from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.catalog import selectors
from apps.catalog.rules.allergen_lists import jurisdictions
from bakery.edge import access
from bakery.kernel import clock
from bakery.kernel.errors import Invalid, NotFound

_HOME = "ca"
WORDS = {
    "contains": ("Contains", "yes"),
    "may_contain": ("May contain", "may"),
    "unknown": ("Not known, ask", "ask"),
    "free_from": ("Free from", "no"),
}


class ListForm(forms.Form):
    """Whose list, and on which day."""

    jurisdiction = forms.ChoiceField(
        choices=list(jurisdictions().items()), required=False, label="List of"
    )
    on = forms.DateField(
        required=False, label="As on", widget=forms.DateInput(attrs={"type": "date"})
    )


@access.page(access.staff("catalog.view_product"))
@require_safe
def matrix(request: HttpRequest) -> HttpResponse:
    """Every size on sale against every allergen of a list."""
    form, wanted = _wanted(request)
    context: dict[str, Any] = {"form": form, "words": WORDS.values()}
    try:
        found = selectors.allergen_matrix(**wanted, at=clock.now())
    except Invalid as error:
        form.add_error(None, error.message)
        return render(request, "catalog/allergens.html", context, status=400)
    context |= {
        "list": found.in_force,
        "on": wanted["on"],
        "rows": [(row, [WORDS[word] for word in row.says]) for row in found.rows],
    }
    return render(request, "catalog/allergens.html", context, status=_status(form))


@access.page(access.staff("catalog.view_product"))
@require_safe
def label(request: HttpRequest, variant_id: int) -> HttpResponse:
    """A label to print: contains, may contain, or that somebody must be asked."""
    form, wanted = _wanted(request)
    context: dict[str, Any] = {"form": form}
    try:
        context["label"] = selectors.allergen_label(variant_id=variant_id, **wanted, at=clock.now())
    except NotFound as error:
        raise Http404 from error
    except Invalid as error:
        form.add_error(None, error.message)
        return render(request, "catalog/label.html", context, status=400)
    return render(request, "catalog/label.html", context, status=_status(form))


def _wanted(request: HttpRequest) -> tuple[ListForm, dict[str, Any]]:
    """Return the form and whose list on which day; what is not right falls back to the home's."""
    today: date = clock.shop_date(clock.now())
    form = ListForm(request.GET or {"jurisdiction": _HOME, "on": today.isoformat()})
    form.is_valid()
    cleaned = form.cleaned_data
    return form, {
        "jurisdiction": cleaned.get("jurisdiction") or _HOME,
        "on": cleaned.get("on") or today,
    }


def _status(form: ListForm) -> int:
    return 400 if form.errors else 200
