"""The range as a file over the API: the same check and the same permission as in the console."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog import selectors, services
from apps.catalog.adapters.tables import CONTENT_TYPES, FORMATS, MAX_BYTES
from apps.catalog.models import RangeImport
from bakery.edge.access import Staff
from bakery.edge.console import actor_of
from bakery.kernel import clock

_MAY = Staff("catalog.import_products")


class _FileParser(BaseParser):
    """Takes the body as it is: what it holds is judged where files of the console are judged."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes; one beyond the limit is a 413."""
        data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise RequestDataTooBig
        return data


class CsvFile(_FileParser):
    """A CSV file."""

    media_type = "text/csv"


class JsonFile(_FileParser):
    """A JSON file."""

    media_type = "application/json"


class ProblemRow(serializers.Serializer[Any]):
    """A mistake; `line` is what a spreadsheet shows, the header being line 1."""

    line = serializers.IntegerField()
    field = serializers.CharField()
    message = serializers.CharField()


class ChangeRow(serializers.Serializer[Any]):
    """What a line would do: values before and after by field."""

    line = serializers.IntegerField()
    what = serializers.CharField()
    how = serializers.ChoiceField(choices=["new", "changed"])
    cells = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(allow_null=True))
    )


class ReportRow(serializers.Serializer[Any]):
    """Counts of everything, and the first 200 mistakes and changes."""

    rows = serializers.IntegerField()
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    problem_count = serializers.IntegerField()
    problems = ProblemRow(many=True)
    changes = ChangeRow(many=True)


class ImportRow(serializers.Serializer[Any]):
    """A file that was checked; `applied_at` is null until it was carried out."""

    id = serializers.UUIDField()
    sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    report = ReportRow()


_IMPORT = ("id", "sha256", "created_at", "applied_at", "report")
_CHECKED = OpenApiExample(
    "A new size",
    value={
        "id": "0f3c0a0e-5c1c-4b0e-9a53-6a5b8e2f7d11",
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "created_at": "2026-06-01T12:00:00Z",
        "applied_at": None,
        "report": {
            "rows": 1,
            "new": 1,
            "changed": 0,
            "problem_count": 0,
            "problems": [],
            "changes": [
                {
                    "line": 2,
                    "what": "Country sourdough, Half (SOUR-450)",
                    "how": "new",
                    "cells": {"price": [None, "4.75"]},
                }
            ],
        },
    },
    response_only=True,
)


def _row(found: RangeImport) -> dict[str, Any]:
    return {name: getattr(found, name) for name in _IMPORT}


class RangeExport(APIView):
    """The whole range as a file."""

    permission_classes = [_MAY]

    @extend_schema(
        summary="Export the range",
        parameters=[OpenApiParameter("format", str, enum=list(FORMATS))],
        responses={
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.STR,
        },
        tags=["staff"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return one row for each size; an import of it changes nothing. It is audited."""
        file_format = request.query_params.get("format", "csv")
        data = services.export_range(
            file_format=file_format, actor=actor_of(request), at=clock.now()
        )
        response = HttpResponse(data, content_type=CONTENT_TYPES[file_format])
        response["Content-Disposition"] = f'attachment; filename="range.{file_format}"'
        response["Cache-Control"] = "no-store, private"
        return response


class RangeImports(APIView):
    """Files to check."""

    permission_classes = [_MAY]
    parser_classes = [CsvFile, JsonFile]

    @extend_schema(
        summary="Check a file of the range",
        request={"text/csv": OpenApiTypes.BINARY, "application/json": OpenApiTypes.BINARY},
        responses={201: ImportRow},
        examples=[_CHECKED],
        tags=["staff"],
    )
    def post(self, request: Request) -> Response:
        """Say what the file would change and what is wrong with it; nothing is saved."""
        sent: Any = request.data
        body = sent if isinstance(sent, bytes) else b""
        is_json = (request.content_type or "").startswith("application/json")
        found = services.check_import(
            data=body,
            file_format="json" if is_json else "csv",
            actor=actor_of(request),
            at=clock.now(),
        )
        return Response(_row(found), status=201)


class CheckedImport(APIView):
    """A file that was checked."""

    permission_classes = [_MAY]

    @extend_schema(
        summary="Show a checked file", responses=ImportRow, examples=[_CHECKED], tags=["staff"]
    )
    def get(self, request: Request, import_id: UUID) -> Response:
        """Return what was found."""
        return Response(_row(selectors.checked_import(import_id)))


class ApplyImport(APIView):
    """Carrying a checked file out."""

    permission_classes = [_MAY]

    @extend_schema(
        summary="Carry out a checked file",
        request=None,
        responses=ImportRow,
        examples=[_CHECKED],
        tags=["staff"],
    )
    def post(self, request: Request, import_id: UUID) -> Response:
        """Save all of it or nothing; 409 `range_changed` when it would do something else by now.

        Doing it again changes nothing.
        """
        found = services.apply_import(import_id=import_id, actor=actor_of(request), at=clock.now())
        return Response(_row(found))
