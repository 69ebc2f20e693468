"""Make `.venv` and install the pinned requirements; run by the machine's own Python.

Standard library only and plain syntax, since it runs before anything is installed and must be
able to say "too old" on an old Python. Does nothing, in milliseconds, when all is up to date.
"""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed-requirements"
REQUIREMENTS = ROOT / "requirements" / "dev.txt"
MODEL = ROOT / "var" / "models" / "u2netp.onnx"
OLDEST = (3, 11)


def wanted_stamp() -> str:
    """Return what the stamp says when exactly these requirements were installed here."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    # A moved or copied clone has a .venv whose scripts point elsewhere.
    return f"{digest} {VENV}\n"


def is_current(wanted: str) -> bool:
    """Tell whether the last installation is this one and its Python still starts."""
    try:
        return STAMP.read_text() == wanted and os.access(str(PYTHON), os.X_OK)
    except OSError:
        return False


def say(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def make_environment() -> None:
    """Create .venv, anew when the one there does not start or belongs to another place."""
    works = False
    if os.access(str(PYTHON), os.X_OK):
        probe = [str(PYTHON), "-c", "import sys, pip; print(sys.prefix)"]
        shown = subprocess.run(  # noqa: S603 - fixed arguments
            probe, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
        works = shown.returncode == 0 and shown.stdout.decode().strip() == str(VENV)
    if not works:
        say("setup: creating .venv with Python " + sys.version.split()[0])
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
        if subprocess.run(command, check=False).returncode != 0:  # noqa: S603 - fixed arguments
            sys.exit("setup: could not create .venv (Debian and Ubuntu: apt install python3-venv)")


def install() -> None:
    """Install the hash-pinned requirements, pip's progress visible."""
    say("setup: installing requirements/dev.txt (hash-pinned; the first time takes a while)")
    started = time.monotonic()
    # Byte code of what is never imported is not worth the wait: Python makes it as it goes.
    options = ["--require-hashes", "--no-compile", "--disable-pip-version-check"]
    command = [str(PYTHON), "-m", "pip", "install", *options, "-r", str(REQUIREMENTS)]
    if subprocess.run(command, cwd=str(ROOT), check=False).returncode != 0:  # noqa: S603 - fixed
        sys.exit("setup: the requirements could not be installed (see above)")
    say(f"setup: installed in {time.monotonic() - started:.0f} s")


def fetch_model() -> None:
    """Fetch the model that cuts cakes out; without it everything else works."""
    if MODEL.exists():
        return
    say("setup: fetching the model that cuts cakes out of their pictures (4 MB, hash-pinned)")
    command = [str(PYTHON), "-m", "bakery.weights", str(MODEL.parent)]
    if subprocess.run(command, cwd=str(ROOT), check=False).returncode != 0:  # noqa: S603 - fixed
        say("setup: went on without it; pictures keep their backgrounds until it can be fetched")


def main() -> None:
    """Bring .venv up to date."""
    if sys.version_info < OLDEST:
        sys.exit(
            f"setup: Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is"
            f" {sys.version.split()[0]}; name one: make PYTHON=python3.12 ..."
        )
    wanted = wanted_stamp()
    if not is_current(wanted):
        make_environment()
        install()
        STAMP.write_text(wanted)
    fetch_model()


if __name__ == "__main__":
    main()
