# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Drawn masks and collages, views of data sets, and which pictures the paper's tables report on."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch", reason="needs the train extra")

from support.made_nyu import MASKS, Scene, write, write_mat
from support.made_rooms import splits_of

from bgflow_ros.tools.cli.main import main
from bgflow_train.data import DatasetError, FolderDataset, IndexedDataset, Sample
from bgflow_train.data.drawn import DRAWN_GENERALIZATION, DRAWN_ROOMS, LABELS, DrawnDataset
from bgflow_train.data.label_noise import DRAWN_AGAIN, DRAWN_NYU
from bgflow_train.data.registry import MAT, dataset_path, open_ade20k_parsing, open_split
from bgflow_train.data.splits import FOLDERS, Splits, foreground_share, is_balanced, paper_split
from bgflow_train.data.subsets import Concatenated, Subset, evenly_spaced
from bgflow_train.model.partition import FUSE
from bgflow_train.studies.paper import image_sets
from bgflow_train.studies.paper.image_sets import fitting_set, generalization_set

WIDTH, HEIGHT = 64, 48
Box = tuple[slice, slice]


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)


def corners(box: Box) -> list[list[int]]:
    """A polygon over a box, whose last row and column belong to it."""
    rows, columns = box
    left, top, right, bottom = columns.start, rows.start, columns.stop - 1, rows.stop - 1
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def shape(label: str, box: Box, shape_type: str = "polygon") -> dict[str, Any]:
    return {"label": label, "points": corners(box), "shape_type": shape_type}


def piece(points: list[list[int]], at: tuple[int, int], scale: float = 1) -> dict[str, Any]:
    return {"imagePath": "source.png", "points": points, "at": at, "scale": scale}


def drawn(root: Path, *shapes: dict[str, Any], **more: object) -> DrawnDataset:
    """A drawing on a picture, beside one that pieces may come from; `more` adds to or replaces its keys."""
    write(root / "pictures/hall.png", picture(0))
    write(root / "pictures/source.png", picture(1))
    size = {"imageHeight": HEIGHT, "imageWidth": WIDTH}
    drawing = {"imagePath": "hall.png", "imageData": None, "shapes": shapes} | size | more
    (root / "drawn").mkdir(parents=True, exist_ok=True)
    (root / "drawn/hall.json").write_text(json.dumps(drawing))
    return DrawnDataset(root / "pictures", root / "drawn")


def test_later_shapes_cover_earlier_ones_and_what_none_covers_is_background(tmp_path: Path) -> None:
    boxes = {"foreground": np.s_[4:30, 10:50], "void": np.s_[8:40, 20:44], "background": np.s_[12:20, 0:30]}
    [(rgb, mask, id)] = drawn(tmp_path, *(shape(label, box) for label, box in boxes.items()))
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    for label, box in boxes.items():
        expected[box] = {"background": 0, "foreground": 1, "void": 255}[label]
    assert (mask == expected).all()
    assert (rgb == picture(0)).all()
    assert id == "hall"
    [again] = drawn(tmp_path, *(shape(label, box) for label, box in reversed(boxes.items())))
    assert (again.mask[4:30, 10:50] == 1).all(), "the order decides"


ELL = [[10, 5], [21, 5], [21, 8], [13, 8], [13, 12], [10, 12]]
"""Four rows of twelve pixels with four of four below their left end."""


@pytest.mark.parametrize("at", [(20, 30), (0, 0), (-2, -3), (55, 43)], ids=str)
def test_a_piece_lands_where_it_should_and_ends_with_the_picture(tmp_path: Path, at: tuple[int, int]) -> None:
    [(rgb, mask, _)] = drawn(tmp_path, shape("void", np.s_[0:HEIGHT, 0:WIDTH]), pieces=[piece(ELL, at)])
    place = np.zeros((HEIGHT, WIDTH), bool)
    for y, x in itertools.chain(np.ndindex(4, 12), np.ndindex(8, 4)):
        row, column = at[1] + y, at[0] + x
        if 0 <= row < HEIGHT and 0 <= column < WIDTH:
            place[row, column] = True
            assert (rgb[row, column] == picture(1)[5 + y, 10 + x]).all(), (x, y)
    assert place.any()
    assert (mask == np.where(place, 1, 255)).all()
    assert (rgb[~place] == picture(0)[~place]).all()


@pytest.mark.parametrize("at", [(0, HEIGHT + 2), (WIDTH + 6, 0), (0, -15), (-500, 500)], ids=str)
def test_a_piece_beyond_the_border_leaves_no_trace(tmp_path: Path, at: tuple[int, int]) -> None:
    [(rgb, mask, _)] = drawn(tmp_path, pieces=[piece(ELL, at)])
    assert (rgb == picture(0)).all()
    assert not mask.any()


@pytest.mark.parametrize("scale", [0.5, 1.75, 2])
def test_a_piece_is_scaled(tmp_path: Path, scale: float) -> None:
    dataset = drawn(tmp_path, pieces=[piece(corners(np.s_[4:12, 8:24]), (3, 7), scale)])
    write(tmp_path / "pictures/source.png", np.full((HEIGHT, WIDTH, 3), (10, 200, 90), np.uint8))
    [(rgb, mask, _)] = dataset
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[7 : 7 + int(8 * scale), 3 : 3 + int(16 * scale)] = 1
    assert (mask == expected).all()
    assert (rgb[mask == 1] == (10, 200, 90)).all()
    assert (rgb[mask == 0] == picture(0)[mask == 0]).all()


def test_reading_a_collage_twice_gives_the_same(tmp_path: Path) -> None:
    dataset = drawn(tmp_path, pieces=[piece(ELL, (20, 30)), piece(ELL, (26, 32), 1.3)])
    first, again = dataset[0], dataset[0]
    assert (first.rgb == again.rgb).all()
    assert (first.mask == again.mask).all()


CHAIR = np.s_[8:20, 8:20]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda f: drawn(f, shape("chair", CHAIR)),
            r"hall\.json is not a drawing: 'chair' is not one of .*; expected LabelMe's polygons of background",
        ),
        (
            lambda f: drawn(f, shape("void", CHAIR, "rectangle")),
            r"hall\.json is not a drawing: 'polygon' was expected",
        ),
        (lambda f: drawn(f, imageHeight=24), r"hall\.png is \(48, 64\); hall\.json was drawn on \(24, 64\)"),
        (lambda f: (f / "pictures/hall.png").write_bytes(b"broken"), r"pictures/hall\.png: undecodable"),
        (lambda f: (f / "pictures/source.png").write_bytes(b"broken"), r"pictures/source\.png: undecodable"),
        (
            lambda f: (f / "pictures/hall.png").unlink(),
            r"pictures/hall\.png does not exist; hall\.json was drawn on it",
        ),
        (lambda f: (f / "pictures/source.png").unlink(), r"source\.png does not exist; hall\.json was drawn on it"),
        (lambda f: (f / "drawn/hall.json").unlink(), "no id is requested"),
        (
            lambda f: drawn(f, pieces=[piece([[-3, 5], [10, 5], [10, 12]], (0, 0))]),
            r"hall\.json cuts a piece out of source\.png that extends beyond",
        ),
        (
            lambda f: drawn(f, pieces=[piece([[60, 5], [90, 5], [90, 12]], (0, 0))]),
            r"hall\.json cuts a piece out of source\.png that extends beyond",
        ),
        (lambda f: (f / "drawn/hall.json").write_text("{"), r"hall\.json is not a drawing: Expecting"),
        (lambda f: (f / "drawn/hall.json").write_text("{}"), r"hall\.json is not a drawing: 'imagePath' is a required"),
        (
            lambda f: (f / "drawn/hall.json").write_text("[]"),
            r"hall\.json is not a drawing: \[\] is not of type",
        ),
    ],
)
def test_a_spoilt_drawing_is_a_clear_error(tmp_path: Path, change, message: str) -> None:
    drawn(tmp_path, pieces=[piece(ELL, (0, 0))])

    def spoil_and_read() -> None:
        change(tmp_path)
        list(DrawnDataset(tmp_path / "pictures", tmp_path / "drawn"))

    with pytest.raises(DatasetError, match=message):
        spoil_and_read()


def test_ids_choose_drawings_and_must_be_there(tmp_path: Path) -> None:
    drawn(tmp_path)
    for name in ("b", "a"):
        (tmp_path / f"drawn/{name}.json").write_bytes((tmp_path / "drawn/hall.json").read_bytes())
    root, folder = tmp_path / "pictures", tmp_path / "drawn"
    assert DrawnDataset(root, folder).ids == ["a", "b", "hall"]
    assert [sample.id for sample in DrawnDataset(root, folder, ["hall", "a"])] == ["hall", "a"]
    with pytest.raises(DatasetError, match=r"drawn/room\.json does not exist; expected a LabelMe file"):
        DrawnDataset(root, folder, ["hall", "room"])


def test_the_digest_changes_with_the_polygons_and_with_every_picture(tmp_path: Path) -> None:
    def variant(name: str, box: Box = CHAIR) -> DrawnDataset:
        return drawn(tmp_path / name, shape("foreground", box), pieces=[piece(ELL, (20, 30))])

    first, polygon = variant("it is").digest(), variant("polygon", np.s_[8:20, 8:21]).digest()
    assert variant("copy").digest() == first
    changed = picture(0)
    changed[0, 0] ^= 1
    digests = {first, polygon}
    for name in ("hall", "source"):
        dataset = variant(name)
        write(tmp_path / name / f"pictures/{name}.png", changed)
        digests.add(dataset.digest())
    assert len(digests) == 4


class Numbered(IndexedDataset):
    """Pictures of one grey level, called like their numbers; the level is the number where no other is given."""

    def __init__(self, name: str, numbers: Iterable[int], levels: Iterable[int] | None = None) -> None:
        numbers = list(numbers)
        self.levels = numbers if levels is None else list(levels)
        super().__init__(name, [f"{number:03d}" for number in numbers])

    def __getitem__(self, index: int) -> Sample:
        grey = np.uint8(self.levels[index])
        return Sample(np.full((2, 2, 3), grey), np.full((2, 2), grey % 2), self.ids[index])

    def _content(self, index: int) -> Iterable[bytes]:
        yield bytes([self.levels[index]])


def greys(dataset: IndexedDataset) -> list[tuple[int, int, str]]:
    return [(int(rgb[0, 0, 0]), int(mask[0, 0]), id) for rgb, mask, id in dataset]


def test_a_subset_is_what_the_data_set_of_these_ids_would_be() -> None:
    subset = Subset(Numbered("all", range(10)), [7, 2], "two of all")
    chosen = Numbered("chosen", [7, 2])
    assert subset.name == "two of all"
    assert subset.ids == chosen.ids == ["007", "002"]
    assert greys(subset) == greys(chosen)
    assert subset.digest() == chosen.digest()
    assert subset.digest() != Subset(Numbered("all", range(10)), [2, 7], "turned").digest()
    assert greys(Subset(subset, [1], "of a subset")) == [(2, 0, "002")]
    with pytest.raises(IndexError):
        subset[2]
    with pytest.raises(DatasetError, match="none: no id is requested"):
        Subset(subset, [], "none")


def test_joined_data_sets_follow_each_other_and_their_names_keep_equal_ids_apart() -> None:
    joined = Concatenated([Numbered("a", [3, 4]), Numbered("b/test", [4])], "both")
    assert joined.ids == ["a/003", "a/004", "b/test/004"]
    assert greys(joined) == [(3, 1, "a/003"), (4, 0, "a/004"), (4, 0, "b/test/004")]
    digests = {
        Concatenated([Numbered("a", [3, 4], levels), Numbered("b/test", [4], last)], "both").digest()
        for levels, last in (([3, 4], [4]), ([3, 5], [4]), ([3, 4], [5]))
    }
    assert len(digests) == 3
    assert joined.digest() in digests
    with pytest.raises(DatasetError, match="the id 'a/003' is requested twice"):
        Concatenated([Numbered("a", [3]), Numbered("a", [3])], "twice")


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 60), most=st.integers(1, 70))
def test_spaced_samples_are_no_more_than_asked_for_and_evenly_spread(count: int, most: int) -> None:
    dataset = Numbered("all", range(count))
    numbers = [grey for grey, _, _ in greys(evenly_spaced(dataset, most))]
    assert len(numbers) <= most
    assert numbers[0] == 0
    *steps, last = np.diff([*numbers, count]).tolist()
    assert len(set(steps)) <= 1
    assert last <= min(steps, default=count)
    if count <= most:
        assert evenly_spaced(dataset, most).digest() == dataset.digest()
        assert evenly_spaced(dataset, most).name == "all"


@pytest.mark.parametrize(
    "folder", [DRAWN_GENERALIZATION, DRAWN_ROOMS, DRAWN_NYU, DRAWN_AGAIN], ids=lambda folder: folder.name
)
def test_a_committed_drawing_lies_in_its_picture_and_holds_none(folder: Path) -> None:
    paths = sorted(folder.glob("*.json"))
    assert paths
    for path in paths:
        drawing = json.loads(path.read_text())
        assert drawing["imageData"] is None, path
        assert path.stat().st_size < 50_000, path
        size = np.array([drawing["imageWidth"], drawing["imageHeight"]])
        for each in drawing["shapes"]:
            points = np.array(each["points"])
            assert len(points) >= 3, path
            assert (points >= 0).all(), path
            assert (points <= size).all(), path
            assert each["shape_type"] == "polygon", path
        pieces = drawing.get("pieces", [])
        for each in pieces:
            assert (np.array(each["at"]) >= 0).all(), path
            assert (np.array(each["at"]) < size).all(), path
            assert each["scale"] > 0, path
        labels = {each["label"] for each in drawing["shapes"]}
        assert labels <= LABELS.keys(), path
        assert "foreground" in labels or pieces, path


def taken(drawing: dict[str, Any]) -> list[str]:
    """Paths of the pictures that a drawing takes pixels from."""
    return [each["imagePath"] for each in (drawing, *drawing.get("pieces", ()))]


USES = {"fit", "validate", "fuse"}


def used(splits: Splits) -> set[tuple[str, str]]:
    """Set and id of every picture that trains, fuses or decides."""
    parts = ((name, ids) for name in FOLDERS for split, ids in splits.sets[name].items() if split in USES)
    return {(name, id) for name, ids in parts for id in ids}


def test_the_committed_generalization_set_is_of_the_paper_s_size_and_of_unused_pictures() -> None:
    splits = Splits.load()
    sets = splits.sets["generalization"]
    assert sets["drawn"] == sorted(path.stem for path in DRAWN_GENERALIZATION.glob("*.json"))
    assert sum(map(len, sets.values())) >= 40
    assert sum(len(splits.ids(*split)) for split in FUSE) == 25
    assert not used(splits) & {(name, id) for name, ids in sets.items() for id in ids}
    places = {f"{FOLDERS[name]}/rgb/{id}" for name, id in used(splits)}
    for path in DRAWN_GENERALIZATION.glob("*.json"):
        for image in taken(json.loads(path.read_text())):
            assert image.rpartition(".")[0] not in places, path.stem
            assert not image.startswith("/")
            assert ".." not in image


def test_the_drawn_rooms_are_in_no_image_that_is_reported() -> None:
    def scenes(folder: Path) -> set[str]:
        """Images, those of ScanNet by their scene."""
        images = (image for path in folder.glob("*.json") for image in taken(json.loads(path.read_text())))
        return {image.partition("_00_frame")[0] for image in images}

    assert len(scenes(DRAWN_ROOMS)) >= 40
    assert not scenes(DRAWN_ROOMS) & scenes(DRAWN_GENERALIZATION)


def test_the_committed_generalization_set_opens_and_shares_no_picture_with_what_is_used(data: Path) -> None:
    dataset, shares = generalization_set(data), []
    for sample in dataset:
        assert (*sample.mask.shape, 3) == sample.rgb.shape
        assert set(np.unique(sample.mask)) <= {0, 1, 255}
        shares.append(foreground_share(sample.mask))
    assert min(shares) > 0
    assert 0.15 < np.mean(shares) < 0.4

    def digest(path: Path) -> bytes:
        return hashlib.sha256(path.read_bytes()).digest()

    splits = Splits.load()
    reported = {
        data / image for path in DRAWN_GENERALIZATION.glob("*.json") for image in taken(json.loads(path.read_text()))
    }
    reported |= {
        next((data / FOLDERS[name] / "rgb").glob(f"{id}.*"))
        for name, ids in splits.sets["generalization"].items()
        if name != "drawn"
        for id in ids
    }
    assert len(reported) >= 40
    others = [next((data / FOLDERS[name] / "rgb").glob(f"{id}.*")) for name, id in used(splits)]
    assert len(others) > 800
    assert {digest(path) for path in reported}.isdisjoint(map(digest, others))


SHARES = np.random.default_rng(0).random(1449)


def test_the_paper_s_split_of_all_pictures_has_the_paper_s_sizes_and_the_balanced_pictures() -> None:
    train, test = paper_split(SHARES, seed=0)
    assert (len(train), len(test)) == (493, 87)
    selected = {*train, *test}
    assert len(selected) == 580
    away = np.abs(SHARES - 0.5)
    assert away[list(selected)].max() <= np.delete(away, list(selected)).min()
    assert (train, test) == (sorted(train), sorted(test))


def test_the_seed_decides_which_of_the_balanced_pictures_train() -> None:
    first, again, other = (paper_split(SHARES, seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert {*first[0], *first[1]} == {*other[0], *other[1]}


@settings(max_examples=25, deadline=None)
@given(count=st.integers(0, 1448), seed=st.integers(0, 99))
def test_of_fewer_pictures_both_parts_are_smaller_alike(count: int, seed: int) -> None:
    train, test = paper_split(SHARES[:count], seed)
    assert not set(train) & set(test)
    assert {*train, *test} <= set(range(count))
    assert len(train) + len(test) == pytest.approx(count * 580 / 1449, abs=0.51)
    assert len(train) == pytest.approx(count * 493 / 1449, abs=1)
    assert len(test) == pytest.approx(count * 87 / 1449, abs=1)


@pytest.mark.parametrize(("share", "expected"), [(0.34, False), (0.35, True), (0.5, True), (0.65, True), (0.66, False)])
def test_balanced_is_about_as_much_foreground_as_background(share: float, expected: bool) -> None:
    assert is_balanced(share) is expected


def test_void_has_no_share_of_foreground() -> None:
    mask = np.array([[1, 0, 0, 0], [255, 255, 255, 255]], np.uint8)
    assert foreground_share(mask) == 0.25
    assert foreground_share(mask[1:]) == 0


def nyu_scene(share: float) -> Scene:
    """A wall with a chair before so much of it."""
    kinds = np.ones((HEIGHT, WIDTH), int)
    kinds[: round(share * HEIGHT)] = 5
    return picture(0), kinds


def nyu_folder(data: Path, given: list[Scene]) -> None:
    for number, (rgb, kinds) in enumerate(given, 1):
        write(data / f"nyu/rgb/{number:04d}.png", rgb)
        write(data / f"nyu/mask/{number:04d}.png", MASKS[kinds])


def nyu_mat(data: Path, given: list[Scene]) -> None:
    write_mat(data / MAT, given)


@pytest.mark.parametrize("make", [nyu_folder, nyu_mat])
def test_nyu_pictures_that_no_split_knows_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path, list[Scene]], None]
) -> None:
    sets = {"fit": ["0001"], "validate": ["0002"], "test": ["0003", "0004"], "balanced": ["0003"]}
    monkeypatch.setattr(Splits, "load", classmethod(lambda cls: cls({"nyu": sets})))
    shares = [0.5] * 4
    make(tmp_path, [nyu_scene(share) for share in shares])
    for split, ids in sets.items():
        assert open_split(tmp_path, "nyu", split).ids == ids, "of what is known the splits decide, no mask"
    make(tmp_path, [nyu_scene(share) for share in [*shares, 0.1, 0.6]])
    more = {"fit": [], "validate": [], "test": ["0005", "0006"], "balanced": ["0006"]}
    for split, ids in sets.items():
        dataset = open_split(tmp_path, "nyu", split)
        assert dataset.name == f"nyu/{split}"
        assert dataset.ids == ids + more[split]
        assert [sample.id for sample in dataset] == dataset.ids


def test_the_original_file_of_nyu_serves_where_its_folder_is_missing(tmp_path: Path) -> None:
    assert dataset_path(tmp_path, "nyu") == tmp_path / "nyu"
    (tmp_path / MAT).touch()
    assert dataset_path(tmp_path, "nyu") == tmp_path / MAT
    (tmp_path / "nyu").mkdir()
    assert dataset_path(tmp_path, "nyu") == tmp_path / "nyu"
    assert dataset_path(tmp_path, "ade20k_rooms") == tmp_path / "rooms/ade20k_rooms"


@pytest.fixture
def drawn_on_made(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Splits of the made pictures whose generalization set has a collage as well."""
    sets = splits_of(made).sets
    base, source = (f"{FOLDERS['coco_indoor']}/rgb/{id}.png" for id in sets["coco_indoor"]["validate"][:2])
    drawing = {
        "imagePath": base,
        "imageHeight": 96,
        "imageWidth": 128,
        "shapes": [shape("void", np.s_[0:30, 0:50])],
        "pieces": [piece(ELL, (40, 20), 2) | {"imagePath": source}],
    }
    (tmp_path / "drawn").mkdir()
    for name in ("collage", "not in the splits"):
        (tmp_path / f"drawn/{name}.json").write_text(json.dumps(drawing))
    sets["generalization"] = {"drawn": ["collage"]} | sets["generalization"]
    monkeypatch.setattr(Splits, "load", classmethod(lambda cls: cls(sets)))
    monkeypatch.setattr(image_sets, "DrawnDataset", partial(DrawnDataset, drawn=tmp_path / "drawn"))


@pytest.mark.parametrize(
    ("what", "gather", "parts"),
    [
        ("fitting", fitting_set, ["ade20k_indoor/fuse"] * 3 + ["coco_indoor/fuse"] * 3),
        ("generalization", generalization_set, ["drawn"] + ["ade20k_rooms"] * 2 + ["gazebo_house"] * 2),
    ],
)
def test_collect_writes_pictures_and_masks_that_read_back_equal(
    made: Path,
    drawn_on_made: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    what: str,
    gather: Callable[[Path], IndexedDataset],
    parts: list[str],
) -> None:
    out = tmp_path / "out"
    assert main(["collect", what, "--data", str(made), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    dataset = gather(made)
    assert [id.rpartition("/")[0] for id in dataset.ids] == parts
    written = FolderDataset(out / "rgb", out / "mask", [id.replace("/", "_") for id in dataset.ids])
    assert len(list((out / "rgb").iterdir())) == len(list((out / "mask").iterdir())) == len(dataset)
    for sample, again in zip(dataset, written, strict=True):
        assert (sample.rgb == again.rgb).all()
        assert (sample.mask == again.mask).all()


@pytest.mark.parametrize(("what", "message"), [("fitting", "is not a folder"), ("generalization", "does not exist")])
def test_collect_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str, message: str
) -> None:
    assert main(["collect", what, "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_scene_parsing_leaves_out_what_reports_or_fuses(tmp_path: Path) -> None:
    used = {id for parts in Splits.load().sets.values() for ids in parts.values() for id in ids}
    reported = Splits.load().sets["generalization"]["ade20k_rooms"][0]
    assert reported in used
    for part, ids in {"training": [reported, "ADE_train_1"], "validation": ["ADE_val_1"]}.items():
        for id in ids:
            write(tmp_path / f"images/{part}/{id}.png", picture(0))
            write(tmp_path / f"annotations/{part}/{id}.png", np.ones((HEIGHT, WIDTH), np.uint8))
    train, stop = open_ade20k_parsing(tmp_path)
    assert (train.ids, stop.ids) == (["ADE_train_1"], ["ADE_val_1"])
    assert train.name != stop.name
    (tmp_path / "images/training/ADE_train_1.png").unlink()
    with pytest.raises(DatasetError, match="no image in training that is not used elsewhere"):
        open_ade20k_parsing(tmp_path)
