"""Background removal on synthetic scenes with known outlines: `python -m benchmarks.cutouts`.

Prints one line a scene and the totals. IoU compares what is more than half opaque with the truth.
`edge colour` is the mean distance, in levels of 255, between the colours of partly transparent
pixels and the cake's true ones, first as photographed and then freed of the background. With
`--others` the same scenes are painted anew, mirrored and larger, for figures on pictures that no
limit was chosen on; `--save FOLDER` keeps what was cut.
"""

import argparse
import io
import os
import resource
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.cake_scenes import Scene, mirrored, paint, scene_names

GOOD = 0.9


@dataclass(frozen=True)
class Row:
    """What came of one scene."""

    name: str
    iou: float
    score: float
    reasons: tuple[str, ...]
    colour_before: float
    colour_after: float
    seconds: float


def judge_scene(scene: Scene, folder: Path | None) -> Row:
    """Cut one scene and hold it against its truth."""
    from apps.catalog.adapters import cutting
    from apps.catalog.rules.cutout_verdict import judge

    data = io.BytesIO()
    scene.photo.save(data, "PNG")
    started = time.perf_counter()
    cut = cutting.cut(data.getvalue())
    seconds = time.perf_counter() - started
    result = Image.open(io.BytesIO(cut.png))
    if folder:
        show(scene, result).save(folder / f"{scene.name.replace(' ', '-')}.png")
    pixels = np.asarray(result, dtype=np.float32)
    kept, true = pixels[..., 3] > 127, scene.alpha > 0.5
    edge = (scene.alpha > 0.03) & (scene.alpha < 0.97) & (pixels[..., 3] > 12)
    photo = np.asarray(scene.photo, dtype=np.float32)
    verdict = judge(cut.measures)
    return Row(
        name=scene.name,
        iou=float((kept & true).sum() / (kept | true).sum()),
        score=verdict.score,
        reasons=verdict.reasons,
        colour_before=float(np.abs(photo - scene.foreground)[edge].mean()),
        colour_after=float(np.abs(pixels[..., :3] - scene.foreground)[edge].mean()),
        seconds=seconds,
    )


def show(scene: Scene, result: Image.Image) -> Image.Image:
    """Return the photograph and the cut on a loud ground, side by side."""
    both = Image.new("RGB", (scene.photo.width * 2, scene.photo.height), (20, 150, 90))
    both.paste(scene.photo, (0, 0))
    both.paste(result, (scene.photo.width, 0), result)
    return both


def summary(rows: list[Row]) -> list[str]:
    """Return the totals as lines."""
    good = [row for row in rows if row.iou >= GOOD]
    bad = [row for row in rows if row.iou < GOOD]
    flagged = [row for row in rows if row.reasons]
    missed = [row.name for row in bad if not row.reasons]
    # The first picture in a process also loads the net.
    seconds = [row.seconds for row in rows[1:]]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sure = statistics.mean(row.iou for row in rows if not row.reasons)
    kept_good = sum(bool(row.reasons) for row in good)
    return [
        f"{len(rows)} scenes, mean IoU {statistics.mean(row.iou for row in rows):.3f}",
        f"median IoU {statistics.median(row.iou for row in rows):.3f}, not flagged: {sure:.3f}",
        f"flagged {len(flagged)} ({len(flagged) / len(rows):.0%})",
        f"bad cuts (IoU < {GOOD}) flagged: {len(bad) - len(missed)} of {len(bad)}",
        f"bad and not flagged: {', '.join(missed) or 'none'}",
        f"good cuts flagged: {kept_good} of {len(good)}",
        f"edge colour off before: {statistics.mean(row.colour_before for row in rows):.1f}",
        f"edge colour off after: {statistics.mean(row.colour_after for row in rows):.1f}",
        f"first picture, which loads the net: {rows[0].seconds:.2f} s",
        f"each other: {statistics.mean(seconds):.2f} s, at most {max(seconds):.2f} s",
        f"peak {peak:.0f} MB, scenes included; {os.cpu_count()} cores",
    ]


def main(arguments: list[str]) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Background removal on synthetic scenes")
    parser.add_argument("--others", action="store_true", help="scenes that no limit was chosen on")
    parser.add_argument("--save", type=Path, help="keep what was cut in this folder")
    chosen = parser.parse_args(arguments)
    if chosen.save:
        chosen.save.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in scene_names():
        scene = mirrored(paint(name, scale=1.25, seed=7)) if chosen.others else paint(name)
        rows.append(row := judge_scene(scene, chosen.save))
        print(
            f"{row.name:32} IoU {row.iou:.3f}  score {row.score:.2f}"
            f"  edge colour {row.colour_before:4.1f} -> {row.colour_after:4.1f}"
            f"  {row.seconds:.2f} s  {', '.join(row.reasons)}"
        )
    print("\n".join(summary(rows)))
    return 0


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bakery.settings.dev")
    os.environ.setdefault("SECRET_KEY", "of-no-consequence-here")
    django.setup()
    sys.exit(main(sys.argv[1:]))
