"""Public JSON with an ETag: the same bytes are sent once."""

import hashlib
import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

# Long enough to soften a rush, short enough that "sold out" is seen while it matters. Checkout
# never believes what a cache said.
MAX_AGE = 10


def public_json(request: HttpRequest, data: Any) -> HttpResponseBase:
    """Return ``data`` as cacheable JSON, or 304 when the client's copy has the same ETag.

    The ETag is of the bytes themselves, so whatever changes in them is seen: nobody has to
    remember which price, stock, fact or picture makes a page old.
    """
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = HttpResponse(body, content_type="application/json")
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={MAX_AGE}"
    return get_conditional_response(request, etag=etag, response=response) or response
