# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy near borders and elsewhere, and by class."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, CLASS_NAMES, CLASSES
from bgflow_ros.segmentation import masks
from bgflow_ros.segmentation.model import Model
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_ros.tools.cli.main import main
from bgflow_train.data import BACKGROUND, FOREGROUND, VOID, DatasetError, FolderDataset
from bgflow_train.data.classes import ClassLabels, classes_to_mask
from bgflow_train.evaluation.borders import near_border, quality
from bgflow_train.evaluation.class_shares import count_classes, shares_by_class
from bgflow_train.evaluation.evaluation import evaluate
from bgflow_train.evaluation.mask_counts import MaskCounts
from bgflow_train.evaluation.model_counts import count_model

BRIGHT, DARK = 255, 0
"""Grey levels that the segmenter here takes for background and for foreground."""


class Exact:
    """A segmenter whose foreground mask holds exactly the dark pixels."""

    model = SimpleNamespace(name="exact", sha256="0")
    runtime = SimpleNamespace(device="cpu", precision="float32")
    thresholds = 0.4, 0.7

    def __call__(self, rgb: np.ndarray) -> SimpleNamespace:
        logit = (rgb[..., 0].astype(np.float32) - 127.5) / 16
        foreground, static = masks.foreground(logit, self.thresholds[0]), masks.static(logit, self.thresholds[1])
        return SimpleNamespace(logit=logit, foreground=foreground, static=static)


def write(root: Path, id: str, found: np.ndarray, labels: np.ndarray) -> None:
    """Write an image that is dark where foreground is to be found, its classes, and the mask that follows from them."""
    grey = np.where(found, DARK, BRIGHT).astype(np.uint8)
    for folder, image in (("rgb", grey[..., None].repeat(3, 2)), ("mask", classes_to_mask(labels)), ("label", labels)):
        (root / folder).mkdir(exist_ok=True)
        cv2.imwrite(str(root / folder / f"{id}.png"), image)


def columns(*values: tuple[int, int], height: int = 40) -> np.ndarray:
    """Vertical stripes from the left, each with its number of columns and its value."""
    return np.repeat([value for _, value in values], [count for count, _ in values])[None].repeat(height, 0)


def open_folder(root: Path) -> FolderDataset:
    return FolderDataset(root / "rgb", root / "mask")


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    """Two images, 40 x 100, in which a fifth of the wall, most of the chairs and all other objects are dark."""
    first = columns((50, 1), (30, 5), (20, 31)).astype(np.uint8)
    write(tmp_path, "a", columns((10, 1), (40, 0), (15, 1), (15, 0), (20, 1)), first)
    second = columns((10, 0), (40, 2), (50, 5)).astype(np.uint8)
    second[0, 60:67], second[1, 60:68] = 35, 16  # 7 and 8 of 7600 pixels: just too few, and just enough
    write(tmp_path, "b", columns((10, 1), (40, 0), (50, 1)), second)
    return tmp_path


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        pytest.param(columns((100, 0), (100, 1)), {98, 99, 100, 101}, id="one border"),
        pytest.param(columns((100, 1), (100, 0)), {98, 99, 100, 101}, id="the other way round"),
        pytest.param(columns((200, 0), (200, 1)), {196, 197, 198, 199, 200, 201, 202, 203}, id="twice as wide"),
        pytest.param(columns((30, 0), (30, 1)), {29, 30}, id="tiny"),
        pytest.param(columns((100, 0), (100, 1), height=1), {98, 99, 100, 101}, id="the height does not matter"),
        pytest.param(columns((100, 0), (2, 1), (98, 0)), {98, 99, 100, 101, 102, 103}, id="a thin thing"),
        pytest.param(columns((100, 0), (1, 255), (99, 1)), {99, 101}, id="under a seam of void"),
        pytest.param(columns((99, 0), (3, 255), (98, 1)), set(), id="across too much void"),
        pytest.param(columns((50, 255), (100, 0), (50, 255)), set(), id="void beside background"),
        pytest.param(columns((50, 255), (100, 1), (50, 255)), set(), id="void beside foreground"),
        pytest.param(columns((200, 255)), set(), id="void"),
        pytest.param(columns((200, 0)), set(), id="background"),
    ],
)
def test_a_pixel_is_near_a_border_if_both_classes_are_within_reach(mask: np.ndarray, expected: set[int]) -> None:
    mask = mask.astype(np.uint8)
    found = near_border(mask) & (mask != VOID)
    assert found.shape == mask.shape
    assert set(np.flatnonzero(found.any(0))) == expected
    assert (found == found[0]).all()


def test_the_reach_is_round_at_a_corner() -> None:
    mask = np.full((300, 300), BACKGROUND, np.uint8)
    mask[100:, 100:] = FOREGROUND  # three pixels on either side
    assert near_border(mask)[97, 100]
    assert not near_border(mask)[97, 97]
    assert near_border(mask)[98, 98]


@pytest.mark.parametrize(
    ("found", "near", "away"),
    [
        # The right half of 200 columns is foreground, so that two columns on either side are near the border. The
        # logits have two values here, for which AUROC is one minus half of the sum of both error rates.
        pytest.param(columns((100, 0), (100, 1)), (1.0, 0.0), (1.0, 0.0), id="right"),
        pytest.param(columns((100, 1), (100, 0)), (0.0, 1.0), (0.0, 1.0), id="wrong"),
        pytest.param(columns((200, 0)), (0.5, 0.5), (0.5, 0.5), id="nothing found"),
        pytest.param(columns((99, 0), (101, 1)), (0.75, 0.25), (1.0, 0.0), id="a pixel too wide"),
        pytest.param(columns((98, 0), (102, 1)), (0.5, 0.5), (1.0, 0.0), id="as wide as the reach"),
        pytest.param(columns((101, 0), (99, 1)), (0.75, 0.25), (1.0, 0.0), id="a pixel too narrow"),
        pytest.param(columns((90, 0), (110, 1)), (0.5, 0.5), (1 - 8 / 98 / 2, 8 / 196), id="wider than the reach"),
        pytest.param(columns((100, 0), (50, 1), (50, 0)), (1.0, 0.0), (1 - 50 / 98 / 2, 50 / 196), id="half missed"),
        pytest.param(
            columns((98, 1), (2, 0), (2, 1), (98, 0)),
            (1.0, 0.0),
            (0.0, 1.0),
            id="right near the border, wrong elsewhere",
        ),
    ],
)
def test_errors_count_where_they_are(
    tmp_path: Path, found: np.ndarray, near: tuple[float, float], away: tuple[float, float]
) -> None:
    write(tmp_path, "a", found, columns((100, 1), (100, 5)).astype(np.uint8))
    result = evaluate(Exact(), open_folder(tmp_path), tmp_path / "cache")
    assert result["borders"] == {
        place: {"auroc": pytest.approx(auroc), "wrong": pytest.approx(wrong)}
        for place, (auroc, wrong) in (("near", near), ("away", away))
    }
    assert "classes" not in result


def test_pixels_of_one_class_have_no_auroc_and_no_pixels_have_no_error(tmp_path: Path) -> None:
    # The object is two columns wide, and all of it is near the border.
    write(tmp_path, "a", columns((100, 0), (2, 1), (98, 0)), columns((100, 1), (2, 5), (98, 1)).astype(np.uint8))
    borders = evaluate(Exact(), open_folder(tmp_path), tmp_path / "cache")["borders"]
    assert borders == {"near": {"auroc": 1.0, "wrong": 0.0}, "away": {"auroc": None, "wrong": 0.0}}
    json.dumps(borders, allow_nan=False)
    nothing = MaskCounts.of_images(np.zeros((3, 6), np.int64))
    assert quality(np.zeros((3, 2, 4000), np.int64), nothing) == {"auroc": None, "wrong": None}


def test_classes_are_counted_by_hand(rooms: Path) -> None:
    dataset = open_folder(rooms)
    result = evaluate(Exact(), dataset, rooms / "cache", classes=rooms / "label")
    classes = result["classes"]
    assert classes == {
        "foreground": {
            "chair": {"share": pytest.approx(2585 / 3185), "pixels": 3185, "pictures": 2},
            "curtain": {"share": 1.0, "pixels": 8, "pictures": 1},
            "person": {"share": 1.0, "pixels": 800, "pictures": 1},
        },
        "background": {
            "wall": {"share": pytest.approx(0.2), "pixels": 2000, "pictures": 1},
            "floor": {"share": 0.0, "pixels": 1600, "pictures": 1},
        },
        "sha256": ClassLabels(rooms / "label", dataset.ids).digest(),
    }
    assert list(classes["foreground"]) == ["chair", "curtain", "person"], "the worst first"
    assert list(classes["background"]) == ["wall", "floor"], "the worst first"
    # The masks follow from the classes, so that both agree; the lamp is too rare to be listed, and it is found.
    missed = 600 / (3185 + 800 + 8 + 7)
    assert result["masks"]["foreground_missed"] == pytest.approx(missed)
    assert result["masks"]["background_taken_for_foreground"] == pytest.approx(400 / 3600)
    assert result == evaluate(Exact(), dataset, rooms / "cache") | {"classes": classes}


@pytest.mark.parametrize(("pixels", "kept"), [(0, False), (1, False), (9, False), (10, True), (11, True)])
def test_a_class_is_left_out_below_a_thousandth_of_the_labelled_pixels(pixels: int, kept: bool) -> None:
    labels = np.array([1] * (10_000 - pixels) + [31] * pixels + [0] * 50_000, np.uint8)[None]
    rows = shares_by_class(count_classes(labels, np.full_like(labels, 255))[None])
    assert rows["foreground"].keys() == ({"person"} if kept else set())
    assert rows["background"] == {"wall": {"share": 1.0, "pixels": 10_000 - pixels, "pictures": 1}}


def test_images_without_any_label_have_no_classes() -> None:
    labels = np.zeros((4, 5), np.uint8)
    assert shares_by_class(count_classes(labels, labels)[None]) == {"foreground": {}, "background": {}}


def test_class_names_match_those_of_the_data_set(data: Path) -> None:
    lines = [f"{number} {name}" for number, name in enumerate(CLASS_NAMES)]
    assert lines == (data / "nyu" / "classes40.txt").read_text().splitlines()


def test_the_background_classes_are_the_surfaces_of_a_room() -> None:
    assert [CLASS_NAMES[number] for number in BACKGROUND_CLASSES] == ["wall", "floor", "window", "ceiling"]
    assert (CLASSES, CLASS_NAMES[31], CLASS_NAMES[40]) == (40, "person", "otherprop")


class Killed(Exact):
    """A segmenter that is killed on its second image."""

    def __init__(self) -> None:
        self.images = 0

    def __call__(self, rgb: np.ndarray) -> SimpleNamespace:
        self.images += 1
        if self.images == 2:
            raise KeyboardInterrupt
        return super().__call__(rgb)


def test_a_killed_run_continues_with_its_counts_and_other_classes_start_anew(rooms: Path) -> None:
    cache, dataset = rooms / "cache", open_folder(rooms)
    classes = ClassLabels(rooms / "label", dataset.ids)
    whole = count_model(Exact(), dataset, cache, classes)
    assert whole.classes is not None
    assert whole.border_masks.foreground.sum() > 0
    killed = Killed()
    with pytest.raises(KeyboardInterrupt):
        count_model(killed, dataset, cache, classes)
    assert count_model(Exact(), dataset, cache).classes is None, "counts without classes are counted again"
    continued = count_model(killed, dataset, cache, classes)
    assert killed.images == 3, "the first image once, the second twice"
    for counts in (continued, whole):
        assert (counts.logits.shape, counts.logits.dtype) == ((2, 2, 4000), np.int64)
        assert (counts.classes.shape, counts.classes.dtype) == ((2, 2, CLASSES + 1), np.int64)
    for name in ("logits", "border_logits", "classes"):
        assert (getattr(continued, name) == getattr(whole, name)).all(), name
    for name in ("masks", "border_masks"):
        for ours, theirs in zip(*(vars(getattr(one, name)).values() for one in (continued, whole)), strict=True):
            assert (ours == theirs).all(), name
    assert list(cache.iterdir()) == []


def test_the_command_prints_both_tables_and_writes_them(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = columns((64, 1), (32, 31), (32, 6), height=96).astype(np.uint8)
    found = columns((64, 0), (32, 1), (32, 0), height=96)  # the sofa is missed
    write(tmp_path, "a", found, labels)
    report = tmp_path / "report.json"
    command = ["evaluate", str(tiny), "--images", str(tmp_path / "rgb"), "--masks", str(tmp_path / "mask")]
    command += ["--cache", str(tmp_path / "cache"), "--device", "cpu", "--json", str(report)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    plain = json.loads(report.read_text())
    assert "classes" not in plain
    near, away = plain["borders"]["near"], plain["borders"]["away"]
    assert f"| within 1 % of the width of a border | {near['auroc']:.3f} | {100 * near['wrong']:.1f} % |" in printed
    assert f"| elsewhere | {away['auroc']:.3f} | {100 * away['wrong']:.1f} % |" in printed
    assert "person" not in printed

    assert main([*command, "--classes", str(tmp_path / "label")]) == 0
    printed = capsys.readouterr().out
    result = json.loads(report.read_text())
    mask = Segmenter(Model.load(tiny), "cpu")(open_folder(tmp_path)[0].rgb).foreground
    for kind, number in (("foreground", 31), ("foreground", 6), ("background", 1)):
        row = result["classes"][kind][CLASS_NAMES[number]]
        assert row["share"] == pytest.approx((mask[labels == number] != 0).mean())
        assert f"| {CLASS_NAMES[number]} | {100 * row['share']:.1f} % | {row['pixels']} | 1 |\n" in printed
    assert printed.index("| sofa |") < printed.index("| person |") < printed.index("| wall |")
    assert {name: value for name, value in result.items() if name != "classes"} == plain


def missing(rooms: Path) -> None:
    (rooms / "label" / "b.png").unlink()


def cropped(rooms: Path) -> None:
    cv2.imwrite(str(rooms / "label" / "b.png"), np.ones((40, 99), np.uint8))


def no_class(rooms: Path) -> None:
    cv2.imwrite(str(rooms / "label" / "b.png"), np.full((40, 100), CLASSES + 1, np.uint8))


def coloured(rooms: Path) -> None:
    cv2.imwrite(str(rooms / "label" / "b.png"), np.ones((40, 100, 3), np.uint8))


def nowhere(rooms: Path) -> None:
    (rooms / "label").rename(rooms / "elsewhere")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (missing, "1 of 2 ids have no class labels in {}/label; the first is 'b'"),
        (cropped, "{}/label/b.png is (40, 99); expected labels of the image's size (40, 100)"),
        (no_class, "{}/label/b.png has the value 41; expected classes up to 40 and 0 for void"),
        (coloured, "{}/label/b.png is (40, 100, 3) uint8; expected uint8, one channel"),
        (nowhere, "{}/label is not a folder"),
    ],
)
def test_labels_that_do_not_belong_to_the_images_are_a_clear_error(
    tiny: Path, rooms: Path, capsys: pytest.CaptureFixture[str], spoil: object, message: str
) -> None:
    spoil(rooms)
    command = ["evaluate", str(tiny), "--images", str(rooms / "rgb"), "--masks", str(rooms / "mask")]
    command += ["--cache", str(rooms / "cache"), "--device", "cpu", "--classes", str(rooms / "label")]
    assert main(command) == 2
    assert message.format(rooms) in capsys.readouterr().err


def test_labels_are_needed_only_for_the_images_of_the_set(rooms: Path) -> None:
    labels = ClassLabels(rooms / "label", ["b"])
    digest = labels.digest()
    (rooms / "label" / "a.png").unlink()
    assert ClassLabels(rooms / "label", ["b"]).digest() == digest
    cv2.imwrite(str(rooms / "label" / "b.png"), np.ones((40, 100), np.uint8))
    assert labels.digest() != digest
    with pytest.raises(DatasetError, match="1 of 2 ids have no class labels"):
        ClassLabels(rooms / "label", ["a", "b"])
