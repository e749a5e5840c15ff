# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""What a patrol finds, measured."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

pytest.importorskip("torch", reason="needs the train extra")

from bgflow_ros.tools.cli.main import main
from bgflow_train.studies.patrol.measuring import ADAPTED, AS_IT_IS
from bgflow_train.studies.patrol.report import report
from bgflow_train.studies.patrol.things import find_things

DEMO = Path(__file__).resolve().parents[2] / "demo" / "room"
FOCAL = 100.0
HEIGHT, WIDTH = 60, 80


def view(*boxes: tuple[slice, slice, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return true mask and depth of boxes before a wall at 4 m."""
    truth, depth = np.zeros((HEIGHT, WIDTH), np.uint8), np.full((HEIGHT, WIDTH), 4.0, np.float32)
    for rows, columns, away in boxes:
        truth[rows, columns], depth[rows, columns] = 1, away
    return truth, depth


def mask(*places: tuple[slice, slice]) -> np.ndarray:
    found = np.zeros((HEIGHT, WIDTH), np.uint8)
    for rows, columns in places:
        found[rows, columns] = 255
    return found


ONE, OTHER = (slice(10, 30), slice(10, 20)), (slice(10, 30), slice(20, 40))


def test_things_that_touch_in_the_image_are_told_apart_by_their_distance() -> None:
    truth, depth = view((*ONE, 1.0), (*OTHER, 2.0))
    things = sorted(find_things(truth, depth, mask(ONE), FOCAL), key=lambda thing: thing.distance)
    assert [(round(thing.distance, 3), thing.found) for thing in things] == [(1.0, True), (2.0, False)]
    assert things[0].size == pytest.approx(0.2, abs=0.011), "20 pixels at 1 m, but for its border"
    assert things[1].size == pytest.approx(0.4, abs=0.022)


@pytest.mark.parametrize(("rows", "found"), [(slice(10, 19), False), (slice(10, 21), True)])
def test_a_thing_is_found_by_half_of_its_pixels(rows: slice, found: bool) -> None:
    truth, depth = view((*ONE, 1.0))
    [thing] = find_things(truth, depth, mask((rows, ONE[1])), FOCAL)
    assert thing.found == found


def test_what_the_border_cuts_off_is_tiny_or_has_no_depth_is_left_out() -> None:
    places = ((slice(0, 20), slice(10, 20)), (slice(40, 45), slice(40, 45)), (slice(30, 50), slice(60, 70)))
    truth, depth = view(*((*place, 1.0) for place in places))
    depth[places[2]] = np.nan
    assert find_things(truth, depth, mask(), FOCAL) == []


def write(folder: Path, images: list[np.ndarray], masks: list[np.ndarray], **drive: object) -> None:
    """Write a drive of images, at 2 m everywhere."""
    lists: dict[str, list[str]] = {"rgb": [], "depth": [], "mask": []}
    for number, (image, truth) in enumerate(zip(images, masks, strict=True)):
        files = {"rgb": image, "depth": np.full(truth.shape, 10000, np.uint16), "mask": truth}
        for kind, pixels in files.items():
            (folder / kind).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / kind / f"{number}.png"), pixels)
            lists[kind].append(f"{1000 + number / 2.5:.6f} {kind}/{number}.png")
    for kind, lines in lists.items():
        (folder / f"{kind}.txt").write_text("\n".join(lines) + "\n")
    camera = {"data": [300.0, 0, 160, 0, 300.0, 120, 0, 0, 1]}
    (folder / "camera.yaml").write_text(
        yaml.safe_dump({"camera_matrix": camera, "distortion_coefficients": {"data": [0] * 5}, "depth_scale": 5000})
    )
    (folder / "drive.json").write_text(json.dumps({"seed": 1, "room": 4, "amount": 0.0, **drive}))


def test_rooms_are_adapted_to_when_empty_and_measured_with_furniture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capture, images = cv2.VideoCapture(str(DEMO / "rgb.mp4")), []
    while (read := capture.read())[0]:
        images.append(cv2.resize(read[1], (320, 240)))
    images = images[::10]
    nothing, thing = np.zeros((240, 320), np.uint8), np.zeros((240, 320), np.uint8)
    thing[100:160, 100:200] = 1
    door = nothing.copy()
    door[20:60, 200:300] = 1
    write(tmp_path / "empty", images, [door] * len(images), day=0)
    write(tmp_path / "m00", images[:4], [thing | door] * 4, day=1)
    assert main(["patrols", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    [room] = json.loads((tmp_path / "out" / "patrols.json").read_text())["rooms"].values()
    assert room.keys() == {AS_IT_IS, ADAPTED}
    for found in room.values():
        assert len(found["things"]["found"]) == 4, "the door is in the empty room as well"
        assert found["things"]["distance"] == pytest.approx([2] * 4, abs=0.1)
        assert found["empty"]["images"] == len(images) // 2
        assert found["empty"]["seconds"] == pytest.approx((len(images) - 1) / 2.5)
    text = capsys.readouterr().out
    assert (tmp_path / "out" / "patrols.md").read_text().endswith(text.rstrip() + "\n")
    assert "| 0.6 to 1.2 | - | " in text


def test_without_an_empty_drive_there_is_nothing_to_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "m00", [np.zeros((240, 320, 3), np.uint8)] * 2, [np.zeros((240, 320), np.uint8)] * 2, day=1)
    assert main(["patrols", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "expected `bgflow drives --emptied`" in capsys.readouterr().err


def test_a_room_that_no_model_is_adapted_to_has_its_reason_in_the_report() -> None:
    empty = {"images": 5, "with_a_patch": 1, "reports": 1, "seconds": 36.0}
    things = {"size": [0.2, 0.25], "distance": [2.0, 2.0], "found": [True, False]}
    text = report({"attic": {AS_IT_IS: {"things": things, "empty": empty}, ADAPTED: {"refused": "too dark"}}}, "0" * 64)
    assert "| 0.15 to 0.3 | - | 50 % (2) | - |" in text
    assert "1 false reports in 36 s, 100 an hour" in text
    assert "Not adapted: attic: too dark." in text
