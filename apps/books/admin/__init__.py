"""The console's pages of books."""

from apps.books.admin import books, differences

__all__ = ["books", "differences"]
