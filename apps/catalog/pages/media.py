"""Product pictures from the local disk; with S3 they have addresses of their own."""

from pathlib import PurePosixPath

from django.core.files.storage import default_storage, storages
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from apps.catalog.adapters import object_store
from bakery.edge import access

_TYPES = {".webp": "image/webp", ".jpg": "image/jpeg", ".png": "image/png"}


@access.page(access.ANYONE)
@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """Send a picture; its name is random and its bytes never change, so it may be kept for good."""
    key = f"{object_store.PRODUCTS}/{name}"
    is_local = object_store.is_local(storages["default"])
    # Exactly the names that we give: nothing else of the disk can be asked for.
    if not object_store.is_ours(key) or not is_local or not default_storage.exists(key):
        raise Http404
    content_type = _TYPES[PurePosixPath(name).suffix]
    response = FileResponse(default_storage.open(key), content_type=content_type)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
