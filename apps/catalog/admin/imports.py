"""Import and export of the range in the console."""

from bakery.edge.console import AuditedModelAdmin


class ImportPages(AuditedModelAdmin):
    """Pages beside the list."""
