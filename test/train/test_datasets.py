# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets in their original formats, in miniature: the same scenes written in each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin
from support.made_image_bags import write_bag
from support.made_nyu import HEIGHT, KINDS, MASKS, NYU_NAMES, WIDTH, Scene, write, write_mat

h5py = pytest.importorskip("h5py", reason="needs the train extra")

from bgflow_ros.media.video import VideoWriter
from bgflow_train.data import Ade20k, Ade20kParsing, Dataset, DatasetError, EmptyRooms, FolderDataset
from bgflow_train.data.nyu_mat import BACKGROUND_NAMES, NyuMat

CHALLENGE = np.array([0, 1, 4, 6, 9, 20], np.uint8)
FULL = {2978: "wall", 976: "floor, flooring", 447: "ceiling", 3055: "windowpane, window", 471: "chair"}
FULL_TRAPS = {3050: "window", 3000: "wall socket, wall plug", 977: "floor lamp"}
IDS = ["0001", "0002", "0003"]


def scenes() -> list[Scene]:
    """Pictures, and the kind of each pixel as a place in KINDS."""
    rng = np.random.default_rng(0)
    return [
        (rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8), rng.integers(0, len(KINDS), (HEIGHT, WIDTH)))
        for _ in IDS
    ]


def folder(root: Path, given: list[Scene]) -> FolderDataset:
    for id, (rgb, kinds) in zip(IDS, given, strict=True):
        write(root / "rgb" / f"{id}.png", rgb)
        write(root / "mask" / f"{id}.png", MASKS[kinds])
    return FolderDataset(root / "rgb", root / "mask")


def mat(root: Path, given: list[Scene]) -> NyuMat:
    return NyuMat(write_mat(root / "nyu_depth_v2_labeled.mat", given))


def write_challenge(root: Path, given: list[Scene]) -> Path:
    for id, (rgb, kinds) in zip(IDS, given, strict=True):
        write(root / "images/training" / f"{id}.jpg", rgb)
        write(root / "annotations/training" / f"{id}.png", CHALLENGE[kinds])
    return root


def challenge(root: Path, given: list[Scene]) -> Ade20k:
    return Ade20k(write_challenge(root, given))


def write_segmentation(stem: Path, classes: np.ndarray, names: dict[int, str]) -> None:
    """Labels and json of the full format; blue counts instances."""
    blue = np.arange(classes.size).reshape(classes.shape) % 256
    write(stem.with_name(f"{stem.name}_seg.png"), np.stack([classes // 256 * 10, classes % 256, blue], -1).astype("u1"))
    objects = [{"id": 0, "name": name, "name_ndx": index, "raw_name": "wall"} for index, name in names.items()]
    stem.with_suffix(".json").write_text(json.dumps({"annotation": {"object": objects}}))


def full(root: Path, given: list[Scene], below: str = "images/ADE/training/home/bedroom") -> Ade20k:
    for id, (rgb, kinds) in zip(IDS, given, strict=True):
        write(root / below / f"{id}.jpg", rgb)
        write(root / below / id / f"instance_000_{id}.png", MASKS[kinds])
        write_segmentation(root / below / id, np.array([0, *FULL])[kinds], FULL | FULL_TRAPS)
    return Ade20k(root)


def empty(root: Path, given: list[Scene]) -> EmptyRooms:
    for id, (rgb, _) in zip(IDS, given, strict=True):
        write(root / f"{id}.png", rgb)
    return EmptyRooms(root)


LABELLED = [folder, mat, challenge, full]
Make = Callable[[Path, list[Scene]], Dataset]


@pytest.mark.parametrize("make", [*LABELLED, empty])
def test_every_data_set_keeps_the_protocol(tmp_path: Path, make: Make) -> None:
    dataset = make(tmp_path / "set", scenes())
    samples = list(dataset)
    assert [sample.id for sample in samples] == IDS
    assert len(dataset) == len(IDS)
    for sample, again in zip(samples, dataset, strict=True):
        assert sample.rgb.dtype == sample.mask.dtype == np.uint8
        assert (*sample.mask.shape, 3) == sample.rgb.shape == (HEIGHT, WIDTH, 3)
        assert set(np.unique(sample.mask)) <= {0, 1, 255}
        assert sample.id == again.id
        assert (sample.rgb == again.rgb).all()
        assert (sample.mask == again.mask).all()
    assert dataset.digest() == dataset.digest() == make(tmp_path / "copy", scenes()).digest()
    changed = scenes()
    changed[1][0][5, 7] ^= 255
    digests = {dataset.digest(), make(tmp_path / "pixel", changed).digest()}
    if make in LABELLED:
        changed = scenes()
        kinds = changed[1][1]
        kinds[5, 7] = 1 if kinds[5, 7] == 5 else 5
        digests.add(make(tmp_path / "label", changed).digest())
    assert len(digests) == 2 + (make in LABELLED)


@pytest.mark.parametrize("make", LABELLED)
def test_every_format_of_the_same_scenes_has_the_same_masks(tmp_path: Path, make: Make) -> None:
    dataset = make(tmp_path, scenes())
    assert dataset.ids == IDS
    for index in (2, 0, 1, -1):
        rgb, mask, id = dataset[index]
        assert id == IDS[index]
        assert (mask == MASKS[scenes()[index][1]]).all()
        if make in (folder, mat):  # the other sets store JPEGs
            assert (rgb == scenes()[index][0]).all()
    with pytest.raises(IndexError):
        dataset[len(IDS)]


def test_the_digest_of_a_folder_is_the_one_that_results_carry(tmp_path: Path) -> None:
    dataset = folder(tmp_path, scenes())
    digest = hashlib.sha256()
    for id, picture, label in dataset.pairs:
        digest.update(f"{id}\n".encode() + picture.read_bytes() + label.read_bytes())
    assert dataset.digest() == digest.hexdigest()


@pytest.mark.parametrize(
    "read",
    [
        lambda root, ids: FolderDataset(root / "rgb", root / "mask", ids),
        lambda root, ids: NyuMat(root / "nyu_depth_v2_labeled.mat", ids),
        lambda root, ids: Ade20k(root, ids=ids),
    ],
)
def test_ids_choose_and_order_and_must_be_there_once(tmp_path: Path, read) -> None:
    for make in (folder, mat, challenge):
        make(tmp_path, scenes())
    assert [sample.id for sample in read(tmp_path, ["0003", "0001"])] == ["0003", "0001"]
    for ids, message in (
        (["0001", "0004"], r"1 of 2 ids .*the first is '0004'"),
        (["1"], "the first is '1'"),
        ([], "no id is requested"),
        (["0001", "0001"], "'0001' is requested twice"),
    ):
        with pytest.raises(DatasetError, match=message):
            read(tmp_path, ids)


def spoil(name: str, data: np.ndarray | None) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with h5py.File(path, "a") as file:
            del file[name]
            if data is not None:
                file[name] = data

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: path.unlink(), r"does not exist; get 'Labeled dataset .*nyu_depth_v2\.html"),
        (lambda path: path.write_bytes(b"MATLAB 5.0 MAT-file" * 99), r"expected MATLAB v7\.3 \(HDF5\)"),
        (lambda path: path.write_bytes(path.read_bytes()[:9000]), r"expected MATLAB v7\.3 \(HDF5\)"),
        (spoil("labels", None), r"lacks labels; it has #refs#, images, names"),
        (spoil("labels", np.zeros((3, HEIGHT, WIDTH), np.uint16)), r"labels \(3, 48, 64\).*; expected N x 3 x width"),
        (spoil("images", np.zeros((3, WIDTH, HEIGHT), np.uint8)), r"images are \(3, 64, 48\)"),
        (spoil("images", np.zeros((3, 3, WIDTH, HEIGHT))), r"images are float64.*; expected uint8"),
        (spoil("names", np.zeros((1, 7))), r"names float64; expected .* references to strings"),
        (lambda path: write_mat(path, scenes(), NYU_NAMES[:5]), r"image 0001 has the label 7; expected at most 5"),
    ],
)
def test_a_spoilt_mat_is_a_clear_error(tmp_path: Path, change, message: str) -> None:
    path = write_mat(tmp_path / "nyu.mat", scenes())
    change(path)
    with pytest.raises(DatasetError, match=message):
        list(NyuMat(path))


def test_background_is_what_the_mapping_to_40_classes_makes_background(data: Path) -> None:
    rows = [line.split("\t") for line in (data / "nyu/map894to40.txt").read_text().splitlines()]
    assert {row[1] for row in rows if int(row[2]) in {1, 2, 9, 22}} == BACKGROUND_NAMES
    table = np.ones(41, np.uint8)
    table[[1, 2, 9, 22]], table[0] = 0, 255
    nyu = FolderDataset(data / "nyu/rgb", data / "nyu/mask")
    for index in range(0, len(nyu), 150):
        _, mask, id = nyu[index]
        labels = cv2.imread(str(data / "nyu/label" / f"{id}.png"), cv2.IMREAD_UNCHANGED)
        assert (mask == table[labels]).all()


def test_parsing_labels_are_the_classes_from_zero_on(tmp_path: Path) -> None:
    given = scenes()
    parsing = Ade20kParsing(write_challenge(tmp_path / "challenge", given))
    for sample, (_, kinds) in zip(parsing, given, strict=True):
        assert (sample.mask == np.array([255, 0, 3, 5, 8, 19])[kinds]).all()
    assert parsing.digest() != Ade20k(tmp_path / "challenge").digest()
    write(tmp_path / "challenge/annotations/training/0001.png", np.full((HEIGHT, WIDTH), 150, np.uint8))
    assert (parsing[0].mask == 149).all()
    full(tmp_path / "full", given)
    with pytest.raises(DatasetError, match="expected the folder of ADEChallengeData2016"):
        Ade20kParsing(tmp_path / "full")


def test_the_full_format_is_read_by_the_names_beside_the_picture(tmp_path: Path) -> None:
    dataset = full(tmp_path, scenes(), below="images/training/b/bedroom")  # as the first release has it
    stem, classes = tmp_path / "images/training/b/bedroom/0001", np.zeros((HEIGHT, WIDTH), int)
    classes[:2] = [[3050], [7]]
    write_segmentation(stem, classes, {3050: "window", 2978: "wall"})
    assert [set(row) for row in dataset[0].mask[:3]] == [{1}, {255}, {255}], "no prefix counts, nor what has no name"
    write_segmentation(stem, classes, {3050: "wall"})
    document = json.loads(stem.with_suffix(".json").read_text())
    document["annotation"]["object"] = document["annotation"]["object"][0]
    stem.with_suffix(".json").write_text(json.dumps(document))
    assert (dataset[0].mask[0] == 0).all(), "MATLAB writes a single object without a list"


def test_the_full_format_gives_the_masks_that_are_in_use(data: Path, tmp_path: Path) -> None:
    indoor, id = data / "rooms/ade20k_indoor", "ADE_train_00000217"
    section = (indoor / "classes_full16.txt").read_text().split(f"# {id}\n")[1].split("#")[0]
    names = {int(line.split(" ", 1)[0]): line.split(" ", 1)[1] for line in section.splitlines()}
    picture = tmp_path / "images/ADE/training/home/bedroom" / f"{id}.jpg"
    picture.parent.mkdir(parents=True)
    picture.write_bytes((indoor / "rgb" / f"{id}.jpg").read_bytes())
    classes = cv2.imread(str(indoor / "label" / f"{id}_full16.png"), cv2.IMREAD_UNCHANGED).astype(int)
    write_segmentation(picture.with_suffix(""), classes, names)
    [sample] = Ade20k(tmp_path)
    [used] = FolderDataset(indoor / "rgb", indoor / "mask", [id])
    assert (sample.mask == used.mask).all()


GREY, COLOURS = np.full((HEIGHT, WIDTH), 200, np.uint8), np.ones((HEIGHT, WIDTH, 3), np.uint8)
BEDROOM = "images/ADE/training/home/bedroom/0001"


@pytest.mark.parametrize(
    ("make", "change", "message"),
    [
        (challenge, lambda f: write(f / "annotations/training/0001.png", GREY), "has the value 200; expected classes"),
        (challenge, lambda f: write(f / "annotations/training/0001.png", COLOURS), "expected uint8, one channel"),
        (challenge, lambda f: write(f / "annotations/training/0001.png", GREY[:9] // 2), "of the image's size"),
        (challenge, lambda f: (f / "images/training/0001.jpg").write_bytes(b"broken"), "undecodable"),
        (full, lambda f: write(f / f"{BEDROOM}_seg.png", GREY), "expected uint8, 3 channels"),
        (full, lambda f: (f / f"{BEDROOM}_seg.png").write_bytes(b"broken"), "cannot be read as an image"),
        (full, lambda f: (f / f"{BEDROOM}.json").unlink(), "expected a json beside each image"),
        (full, lambda f: (f / f"{BEDROOM}.json").write_text("{}"), "is not an annotation of ADE20K"),
        (full, lambda f: (f / f"{BEDROOM}.json").write_text("{"), "is not an annotation of ADE20K"),
        (full, lambda f: write_segmentation(f / BEDROOM, GREY.astype(int), {7: "wall"}), "contains none of the"),
    ],
)
def test_a_spoilt_ade20k_is_a_clear_error(tmp_path: Path, make: Make, change, message: str) -> None:
    dataset = make(tmp_path, scenes())
    change(tmp_path)
    with pytest.raises(DatasetError, match=message):
        list(dataset)


def test_what_is_no_ade20k_names_both_layouts(tmp_path: Path) -> None:
    write_challenge(tmp_path, scenes())
    with pytest.raises(DatasetError, match=r"ID\.jpg and annotations/validation/ID\.png .*, or images/ADE/validation/"):
        Ade20k(tmp_path, "validation")
    with pytest.raises(DatasetError, match="no part 'test'; expected one of training, validation"):
        Ade20k(tmp_path, "test")
    (tmp_path / "bare/images/ADE/training").mkdir(parents=True)
    with pytest.raises(DatasetError, match=r"no image in .* has a mask .*\(0 images, 0 masks found\)"):
        Ade20k(tmp_path / "bare")


@pytest.mark.parametrize(("every", "length"), [(1, 10), (3, 4), (99, 1)])
def test_empty_rooms_take_each_so_many_th_frame_of_videos_and_bags(tmp_path: Path, every: int, length: int) -> None:
    with VideoWriter(tmp_path / "clip.mp4", 25) as video:
        for number in range(10):
            video.write(np.full((HEIGHT, WIDTH, 3), 20 * number, np.uint8))
    write_bag(tmp_path / "drive", StoragePlugin.MCAP, topics=("/left", "/right"))
    write(tmp_path / "clip_000000.png", COLOURS)
    rooms = EmptyRooms(tmp_path, name="empty", every=every, topic="/left")
    samples = list(rooms)
    assert len(rooms) == len(samples) == len({sample.id for sample in samples}) == 2 * length + 1
    assert [sample.id for sample in samples[: length + 2]] == [
        *(f"clip/clip_{number:06d}" for number in range(0, 10, every)),
        "clip_000000",
        "drive/drive_000000",
    ]
    assert all((sample.mask == 0).all() and sample.mask.shape == (HEIGHT, WIDTH) for sample in samples)
    assert [round(sample.rgb.mean() / 20) for sample in samples[:length]] == list(range(0, 10, every))
    assert rooms.digest() != EmptyRooms(tmp_path, every=2, topic="/left").digest()


def test_empty_rooms_are_called_like_their_path_and_say_what_is_wrong(tmp_path: Path) -> None:
    write(tmp_path / "hall/a.png", COLOURS)
    assert EmptyRooms(tmp_path / "hall").name == "hall"
    (tmp_path / "hall/a.jpg").write_bytes(b"broken")
    for path, every, message in (
        (tmp_path / "nowhere", 1, "no such file"),
        (tmp_path / "hall", 0, "every is 0; expected 1"),
        (tmp_path / "hall", 1, "more than one 'a'; keep one of them"),
    ):
        with pytest.raises(DatasetError, match=message):
            EmptyRooms(path, every=every)
    with pytest.raises(DatasetError, match=r"a\.jpg: undecodable"):
        list(EmptyRooms(tmp_path / "hall/a.jpg"))
    (tmp_path / "hall/b.mp4").write_bytes(b"broken")
    with pytest.raises(DatasetError, match=r"b\.mp4: no frame"):
        len(EmptyRooms(tmp_path / "hall/b.mp4"))
