"""What takes seconds to load or much memory is loaded where it is needed, never at the start."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CUTOUTS = {"rembg", "onnxruntime", "numba", "scipy", "skimage", "pymatting"}
TEXTS = {"langchain", "langchain_core", "langchain_openai", "openai", "langsmith"}


def test_a_process_for_pages_loads_no_net_and_nothing_of_language_models():
    program = (
        "import sys, bakery.wsgi, bakery.urls, apps.catalog.handlers, apps.descriptions.handlers,"
        " bakery.edge.tasks;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(shown.stdout.split())
    assert {"django", "apps", "celery"} <= loaded
    assert sorted(loaded & (CUTOUTS | TEXTS)) == []
