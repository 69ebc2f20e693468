"""In which of our languages somebody reads."""

from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header
from rest_framework.request import Request

from bakery.kernel import wording


def language_of(request: HttpRequest | Request) -> str:
    """Return the signed-in account's language, else the first of the browser's that we write."""
    user = request.user
    own = str(user.language) if user.is_authenticated else ""
    header = parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
    return wording.language_of(own, *(tag.partition("-")[0] for tag, _ in header))
