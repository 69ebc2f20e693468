"""Pages of the sandbox: templates, headers, money and JSON replies."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

_HERE = Path(__file__).parent
ASSETS = _HERE / "assets"
_ZERO_DECIMAL = frozenset({"jpy", "krw", "vnd", "clp", "isk", "ugx", "xaf", "xof", "xpf"})
_SIGNS = {"usd": "$", "eur": "€", "gbp": "£"}

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; frame-src 'self'; form-action http: https:; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def format_money(amount: int, currency: str) -> str:
    """Return minor units as people write them, such as "$12.50"."""
    if currency in _ZERO_DECIMAL:
        return f"{amount:,} {currency.upper()}"
    number = f"{abs(amount) // 100:,}.{abs(amount) % 100:02d}"
    minus = "-" if amount < 0 else ""
    sign = _SIGNS.get(currency)
    return f"{minus}{sign}{number}" if sign else f"{minus}{number} {currency.upper()}"


_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["money"] = format_money


def render_page(template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Return a template as a page with the strict headers."""
    body = _templates.get_template(template).render(**context)
    return HTMLResponse(body, status_code=status, headers=SECURITY_HEADERS)


def is_same_origin(request: Request) -> bool:
    """Whether a form was sent from a page of this sandbox, as far as the browser says."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
    return origin == f"{request.url.scheme}://{request.headers.get('host', '')}"
