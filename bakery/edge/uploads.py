"""Multipart bodies with one file in them, bounded before anything of them is read."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from bakery.edge.parsers import check_storable

FIELD = "file"
# What boundaries, headers and small fields may take beside the file itself.
_AROUND = 64 * 1024


class OneFileParser(MultiPartParser):
    """Base of the classes that `one_file` makes."""

    max_bytes = 0

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return fields and files; 413 by the announced length, 400 for anything malformed."""
        context = dict(parser_context or {})
        announced = str(context["request"].META.get("CONTENT_LENGTH") or "0")
        if not announced.isdecimal() or int(announced) > self.max_bytes + _AROUND:
            raise RequestDataTooBig
        try:
            parsed: Any = super().parse(stream, media_type, context)
        except ParseError as error:
            raise ParseError(
                "The body is not valid multipart.", code="malformed_multipart"
            ) from error
        check_storable({name: parsed.data.getlist(name) for name in parsed.data})
        return parsed


def one_file(max_bytes: int) -> type[OneFileParser]:
    """Return a parser of multipart bodies whose one file has at most ``max_bytes``."""
    return type("OneFileParser", (OneFileParser,), {"max_bytes": max_bytes})


def sent_file(request: Request) -> "UploadedFile[bytes]":
    """Return the file of the body. ParseError unless there is exactly one, named "file"."""
    files = request.FILES
    found = files.getlist(FIELD)
    if len(found) != 1 or len(files) != 1:
        raise ParseError('Send exactly one file, in the field "file".', code="one_file_needed")
    return found[0]  # type: ignore[no-any-return]
