"""What higher apps, such as pricing, add to a product's page in the console."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProductTool:
    """A link on a product's page: ``url`` names an address that takes its key.

    Shown to who holds ``permission``, for products of every kind but custom cakes.
    """

    label: str
    url: str
    permission: str


_tools: list[ProductTool] = []


def add_product_tool(tool: ProductTool) -> None:
    """Let the console's page of a product link to ``tool``; registered at start-up."""
    if tool not in _tools:
        _tools.append(tool)


def product_tools() -> tuple[ProductTool, ...]:
    """Return the tools that other apps brought, in the order in which they came."""
    return tuple(_tools)
