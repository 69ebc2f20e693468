"""A page on which anybody can ask whether a file is a receipt of the shop's."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.receipts import services
from bakery.edge import access, throttling
from bakery.edge.client import client_address, rate_bucket
from bakery.kernel import money

_TEMPLATE = "receipts/check.html"


# Nothing is changed by it, so nobody gains from sending it in another's name; and a token would be
# looked for in the whole body before anybody has asked how long that is.
@csrf_exempt
@access.page(access.ANYONE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def check(request: HttpRequest) -> HttpResponse:
    """Say whether the file that is sent is valid, and if not, why not. It is kept nowhere."""
    if request.method != "POST":
        return render(request, _TEMPLATE)
    throttling.require("receipt_check", rate_bucket(client_address(request)))
    length = request.headers.get("Content-Length", "")
    # What is longer would go to the disk first.
    if not length.isdecimal() or int(length) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
        return _asked(request, "A receipt has less than 2 MB.", status=413)
    file = request.FILES.get("file")
    if file is None:
        return _asked(request, "Choose a file first.", status=400)
    verdict = services.verify_file(data=file.read())
    document = verdict.document
    context: dict[str, Any] = {"verdict": verdict, "document": document, "name": file.name}
    if document:
        context["total"] = money.display(document.total, document.currency)
    return render(request, _TEMPLATE, context)


def _asked(request: HttpRequest, problem: str, *, status: int) -> HttpResponse:
    return render(request, _TEMPLATE, {"problem": problem}, status=status)
