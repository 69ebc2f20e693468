"""Pages with one form, shown again with what was wrong."""

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def form_page(request: HttpRequest, template: str, form: Form, **context: Any) -> HttpResponse:
    """Show ``form`` in ``accounts/{template}.html``; ``error`` is said above it, with its status.

    400 when the form itself is not valid.
    """
    status = 200
    if error := context.pop("error", None):
        form.add_error(None, str(error))
        status = getattr(error, "status", 400)
    elif form.errors:
        status = 400
    return render(request, f"accounts/{template}.html", {"form": form, **context}, status=status)
