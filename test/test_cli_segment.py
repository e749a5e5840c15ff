# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import cv2
import numpy as np
import pytest
import tiny_model
from rosbags.rosbag2 import StoragePlugin
from test_media import frame, write_bag

from bgflow_ros.cli.main import main


def read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None, path
    return picture


@pytest.mark.parametrize("size", [(320, 180), (90, 160), (100, 130), (200, 200)])
def test_pictures_of_any_shape_get_their_files(tmp_path: Path, tiny: Path, size: tuple[int, int]) -> None:
    width, height = size
    cv2.imwrite(str(tmp_path / "view.jpg"), np.full((height, width, 3), 20, np.uint8))
    out = tmp_path / "out"
    assert main(["segment", str(tmp_path / "view.jpg"), "--model", str(tiny), "--out", str(out), "--likelihood"]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "view_foreground.png",
        "view_likelihood.npy",
        "view_overlay.jpg",
        "view_static.png",
    ]
    likelihood = np.load(out / "view_likelihood.npy", allow_pickle=False)
    assert (likelihood.shape, likelihood.dtype) == ((height, width), np.float32)
    assert (read(out / "view_foreground.png") == 255).all()
    assert (read(out / "view_static.png") == 0).all()
    assert read(out / "view_overlay.jpg").shape == (height, width, 3)


def test_one_broken_file_among_many_is_reported_and_skipped(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.png", "c.png"):
        cv2.imwrite(str(tmp_path / name), frame(50))
    (tmp_path / "b.png").write_bytes(b"broken")
    out = tmp_path / "out"
    assert main(["segment", str(tmp_path), "--model", str(tiny), "--out", str(out)]) == 1
    assert {path.name for path in out.glob("*_static.png")} == {"a_static.png", "c_static.png"}
    told = capsys.readouterr().err
    assert "skipped:" in told
    assert "b.png" in told
    assert "1 of 3" in told


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_a_bag_gets_masks_a_frame_and_an_overlay_video(tmp_path: Path, tiny: Path, storage: StoragePlugin) -> None:
    bag = write_bag(tmp_path / "drive", storage)
    out = tmp_path / "out"
    assert main(["segment", str(bag), "--model", str(tiny), "--out", str(out), "--pictures"]) == 0
    assert len(list(out.glob("drive_*_foreground.png"))) == 10
    video = cv2.VideoCapture(str(out / "drive_overlay.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.jpg"], "no such file"),
        ([".", "--model", "nosuch"], "no model 'nosuch'"),
        ([".", "--device", "tensorrt"], "tensorrt"),
    ],
)
def test_what_only_the_user_can_mend_ends_with_one_line_and_status_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), frame(50))
    monkeypatch.chdir(tmp_path)
    assert main(["segment", *arguments, "--out", "out"]) == 2
    told = capsys.readouterr().err.strip()
    assert message in told
    assert told.startswith("bgflow segment: ")
    assert not (tmp_path / "out").exists()


def test_two_sources_of_one_name_are_refused_before_anything_is_written(tmp_path: Path, tiny: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "same.png"), frame(50))
    paths = [str(tmp_path / "a"), str(tmp_path / "b")]
    assert main(["segment", *paths, "--model", str(tiny), "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


def test_a_picture_named_like_a_video_s_frame_is_refused(tmp_path: Path, tiny: Path) -> None:
    write_bag(tmp_path / "in" / "v", StoragePlugin.MCAP)
    cv2.imwrite(str(tmp_path / "in" / "v_000000.png"), frame(50))
    assert main(["segment", str(tmp_path / "in"), "--model", str(tiny), "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


def test_an_output_folder_that_cannot_be_is_refused(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), frame(50))
    assert main(["segment", str(tmp_path / "a.png"), "--model", str(tiny), "--out", str(tmp_path / "a.png")]) == 2
    assert "is no folder" in capsys.readouterr().err


def half(level: int) -> np.ndarray:
    """A frame whose left half is black."""
    rgb = frame(level)
    rgb[:, : rgb.shape[1] // 2] = 0
    return rgb


@pytest.mark.parametrize("form", ["folder", "bag", "bag with pictures"])
def test_images_in_which_the_model_tells_nothing_apart_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    model = tiny_model.write(tmp_path / "model", contrast={"least": 1.5})
    if form == "folder":
        source = tmp_path / "pictures"
        source.mkdir()
        for number in range(10):
            cv2.imwrite(str(source / f"{number}.png"), half(200) if number < 3 else frame(200))
    else:
        source = write_bag(tmp_path / "drive", StoragePlugin.MCAP)  # plain frames
    options = ["--pictures"] if form == "bag with pictures" else []
    command = ["segment", str(source), "--model", str(model), "--out", str(tmp_path / "out"), *options]
    assert main(command) == 0
    count = 7 if form == "folder" else 10
    told = f"the model tells nothing apart in {count} of 10 images (contrast below 1.50)"
    assert [line for line in capsys.readouterr().err.splitlines() if told in line]


@pytest.mark.parametrize("bounded", [False, True])
def test_where_there_is_a_room_or_no_bound_nothing_is_said_of_the_contrast(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bounded: bool
) -> None:
    model = tiny_model.write(tmp_path / "model", **({"contrast": {"least": 1.5}} if bounded else {}))
    cv2.imwrite(str(tmp_path / "a.png"), half(200) if bounded else frame(200))
    assert main(["segment", str(tmp_path / "a.png"), "--model", str(model), "--out", str(tmp_path / "out")]) == 0
    assert "tells nothing apart" not in capsys.readouterr().err
