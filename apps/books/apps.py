"""Django's registration of this app."""

from django.apps import AppConfig


class BooksConfig(AppConfig):
    """The `books` app: the shop's ledger and its proofs."""

    name = "apps.books"
    label = "books"
    console_position = 60

    def ready(self) -> None:
        """Let the console's page of an order lead to its journals."""
        from apps.orders.selectors import Tool, add_order_tool

        address, permission = "admin:books_journal_of_order", "books.view_journal"
        add_order_tool(Tool("Journals", address, permission))
