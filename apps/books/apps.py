"""Django's registration of this app."""

from django.apps import AppConfig


class BooksConfig(AppConfig):
    """The `books` app: the shop's ledger and its proofs."""

    name = "apps.books"
    label = "books"
    console_position = 60
