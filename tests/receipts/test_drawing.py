"""The file of a document: what it shows, that it is the same each time, that it reads nothing else.

The pictures in golden/ are pages as they were looked at and found good. After a change of the
template, `RENEW_GOLDEN=1 pytest tests/receipts/test_drawing.py` draws them anew: look at them.
"""

import os
import socket
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops

from apps.receipts.adapters.pdf import make_pdf
from apps.receipts.services import render_pdf
from tests.receipts.samples import ADA, AT, issue, line, sale_of, sample

GOLDEN = Path(__file__).parent / "golden"
# Of a page's pixels so many may be another grey than they were, by more than so much of 255.
MOST_CHANGED, SAME_GREY = 0.002, 64


def pages_of(pdf: bytes) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=1).to_pil().convert("L") for page in document]
    finally:
        document.close()


def texts_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def changed_part(page: Image.Image, golden: Image.Image) -> float:
    """Return which part of the pixels is not as it was; 1 for another size."""
    if page.size != golden.size:
        return 1.0
    grey = ImageChops.difference(page, golden).histogram()
    return sum(grey[SAME_GREY:]) / sum(grey)


@pytest.fixture(scope="module")
def drawn():
    return {name: render_pdf(document=sample(name)) for name in ("large", "credit_note", "long")}


@pytest.mark.parametrize("name", ["large", "credit_note"])
def test_pages_look_as_they_did(drawn, name):
    [page] = pages_of(drawn[name])
    path = GOLDEN / f"{name}.png"
    if os.environ.get("RENEW_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        page.save(path, optimize=True)
    assert changed_part(page, Image.open(path)) <= MOST_CHANGED


@pytest.mark.control
def test_control_another_page_looks_different(drawn):
    [page] = pages_of(drawn["credit_note"])
    assert changed_part(page, Image.open(GOLDEN / "large.png")) > MOST_CHANGED


@pytest.mark.control
def test_control_another_sum_looks_different():
    [page] = pages_of(render_pdf(document=issue(sale_of(line(1, "Cake", 1, "48.00")))))
    [other] = pages_of(render_pdf(document=issue(sale_of(line(1, "Cake", 1, "84.00")))))
    assert changed_part(page, other) > 0


def test_everything_the_law_asks_is_on_the_page(drawn):
    [text] = texts_of(drawn["large"])
    for shown in (
        *("Sweet Rise Bakery", "12 Baker Street", "R-2026-000001", "November 20, 2026"),
        *("HST registration 123456789RT0001", "HST 13%", "$8.32", "$628.72", "Z = zero-rated"),
        *("Ἑλένη Παπαδοπούλου & Дмитро Ковальчук", "<rear door>", "Welcome (HELLO10)"),
        *("Paid online (deposit)", "October 2, 2026", "Card at the counter (balance)"),
        *("Gift card", "Paid in full on November 20, 2026", "1 / 1"),
    ):
        assert shown in text.replace("\xa0", " ")


def test_long_receipts_go_on_with_their_heading(drawn):
    texts = [text.replace("\xa0", " ") for text in texts_of(drawn["long"])]
    assert len(texts) == 2
    for number, text in enumerate(texts, start=1):
        assert "Quantity" in text
        assert f"{number} / 2" in text
    assert sum(text.count("petits fours") for text in texts) == 40


def test_the_same_document_is_the_same_file(drawn):
    again = render_pdf(document=sample("credit_note"))
    assert again == drawn["credit_note"]
    assert b"D:20261120150000" in again


def test_what_customers_type_is_text():
    name = '<b>Bob</b> {{ 7|add:1 }} {% now "Y" %} <pdf:nextpage> &lt;'
    sale = sale_of(line(1, '<img src="http://x/">', 1, "5.00"), buyer=ADA.__class__(
        name=name, address=()))  # fmt: skip
    texts = texts_of(render_pdf(document=issue(sale)))
    assert len(texts) == 1
    assert name in texts[0]
    assert '<img src="http://x/">' in texts[0]


@pytest.fixture
def picture(tmp_path) -> Path:
    path = tmp_path / "picture.png"
    Image.new("RGB", (40, 40), "black").save(path)
    return path


def page_with(address: object) -> bytes:
    return make_pdf(f'<p>before</p><img src="{address}"><p>after</p>', made_at=AT)


def test_pages_read_nothing_but_our_fonts(picture, monkeypatch):
    asked = []
    monkeypatch.setattr(socket.socket, "connect", lambda *where: asked.append(where))
    for address in ("http://127.0.0.1:9/x.png", picture.as_uri(), picture, f"../../{picture}"):
        pdf = page_with(address)
        assert "before" in texts_of(pdf)[0]
        assert b"/Subtype /Image" not in pdf
    assert asked == []


@pytest.mark.control
def test_control_from_the_place_of_our_fonts_the_picture_would_be_read(picture, settings):
    settings.RECEIPT_FONTS = str(picture.parent)
    assert b"/Subtype /Image" in page_with(picture)
