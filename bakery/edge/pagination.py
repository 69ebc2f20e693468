"""Keyset pages for the API: stable under inserts, and as cheap on page 1,000 as on page 1."""

from rest_framework.pagination import CursorPagination


class KeysetPagination(CursorPagination):
    """`?cursor=` from the previous reply and `?page_size=` up to 100; views set the ordering."""

    page_size = 24
    max_page_size = 100
    page_size_query_param = "page_size"
    ordering = "pk"


class NewestFirst(KeysetPagination):
    """Pages of rows, the newest first."""

    ordering = "-pk"
