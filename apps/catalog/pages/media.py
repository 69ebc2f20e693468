"""Product pictures from the local disk; with S3 they have addresses of their own."""

import re

from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from bakery.edge import access

# Exactly the names that `services.set_image` gives: nothing else of the disk can be asked for.
_NAME = re.compile(r"[0-9a-f]{32}\.webp")


@access.page(access.ANYONE)
@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """Send a picture; its name is random and its bytes never change, so it may be kept for good."""
    key = f"products/{name}"
    is_local = isinstance(storages["default"], FileSystemStorage)
    if not _NAME.fullmatch(name) or not is_local or not default_storage.exists(key):
        raise Http404
    response = FileResponse(default_storage.open(key), content_type="image/webp")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
