"""What several files of these tests use."""

import pytest

from apps.receipts.services import sealing
from apps.receipts.services.rendering import render_pdf

_drawn: list[bytes] = []


@pytest.fixture
def drawn_once(monkeypatch):
    """Draw one document and take its pages for all: for tests that do not ask what is on them.

    Drawing is most of what a file costs. Each still gets its own signature and name.
    """

    def draw(**given) -> bytes:
        if not _drawn:
            _drawn.append(render_pdf(**given))
        return _drawn[0]

    monkeypatch.setattr(sealing, "render_pdf", draw)
