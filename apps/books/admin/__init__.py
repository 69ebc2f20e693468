"""The console's pages of books."""

from apps.books.admin import differences

__all__ = ["differences"]
