# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Adaptation to buildings, measured."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the train extra")

from support import made_corner

from bgflow_ros.tools.cli.main import main
from bgflow_train.data import DatasetError
from bgflow_train.studies.buildings.building import find_buildings, labelled
from bgflow_train.studies.buildings.measuring import AFTER, BEFORE, EMPTIED, PLANES
from bgflow_train.studies.buildings.report import report

DEMO = Path(__file__).resolve().parents[2] / "demo" / "room"


def write(folder: Path, images: list[np.ndarray], share: float = 1.0, **drive: float) -> None:
    for kind in ("rgb", "mask"):
        (folder / kind).mkdir(parents=True)
    for number, image in enumerate(images):
        cv2.imwrite(str(folder / f"rgb/{number:03d}.png"), image)
        mask = np.zeros(image.shape[:2], np.uint8)
        mask[image.shape[0] // 2 :, : int(share * image.shape[1])] = 1
        cv2.imwrite(str(folder / f"mask/{number:03d}.png"), mask)
    if drive:
        (folder / "drive.json").write_text(json.dumps({"seed": 1, "amount": 0.0, **drive}))


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    capture, found = cv2.VideoCapture(str(DEMO / "rgb.mp4")), []
    while (read := capture.read())[0]:
        found.append(cv2.resize(read[1], (320, 240)))
    return found[:: len(found) // 24][:24]


def test_rooms_are_measured_on_other_days_and_folders_on_other_images(
    images: list[np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, day in (("m00", 1), ("empty", 0), ("d2_s50", 2)):
        shown, share = images[:12] if day < 2 else images[-3:], 1.0 if day else 0.5
        write(tmp_path / "drives" / name, shown, share, room=4, day=day)
    made_corner.write(tmp_path / "drives" / "m00", images[:12])
    write(tmp_path / "office", images)
    room, office = find_buildings([tmp_path / "drives", tmp_path / "office"])
    assert (len(room.furnished), len(room.empty), len(room.measured)) == (12, 12, 3)
    assert (len(office.furnished), len(office.empty), len(office.measured)) == (12, 0, 12)
    assert not set(office.furnished) & {image for image, *_ in office.measured}
    half, middle = images[0].shape[0] // 2, images[0].shape[1] // 2
    for pair in room.measured:
        mask = labelled(pair)[1]
        assert (mask[half:, :middle] == 255).all(), "what is foreground in the empty room measures nothing"
        assert (mask[half:, middle:] == 1).all()
        assert (mask[:half] == 0).all()
    arguments = ["buildings", str(tmp_path / "drives"), str(tmp_path / "office"), "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    found = json.loads((tmp_path / "out" / "buildings.json").read_text())["buildings"]
    assert found.keys() == {"room 4 of seed 1", "office"}
    assert found["room 4 of seed 1"].keys() == {BEFORE, AFTER, PLANES, EMPTIED}
    there = found["office"][BEFORE]["there"]
    assert 0 < there["foreground_missed"] < 1
    assert there["background_static"] + there["background_taken"] <= 1
    text = (tmp_path / "out" / "buildings.md").read_text()
    assert f"| office | {BEFORE} | {there['auroc']:.3f} |" in text
    assert f"| **mean of 2** | {BEFORE} |" in text
    assert text.endswith(capsys.readouterr().out.rstrip() + "\n")


def test_a_building_that_no_model_is_adapted_to_has_its_reason_in_the_table() -> None:
    there = dict.fromkeys(
        ("auroc", "fpr95", "foreground_missed", "background_taken", "background_static", "foreground_static"), 0.5
    )
    text = report({"attic": {BEFORE: {"there": there}, AFTER: {"refused": "too dark"}}}, None, "0" * 64)
    assert "| attic | after a drive | refused: too dark |" in text
    assert f"| **mean of 1** | {BEFORE} |" in text
    assert f"| {AFTER} | 0.5" not in text


def test_what_is_no_building_is_refused(images: list[np.ndarray], tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="expected drives of `bgflow drives --days`, or the folders rgb and mask"):
        find_buildings([tmp_path])
    write(tmp_path / "drives" / "m00", images[:2], room=1, day=1)
    with pytest.raises(DatasetError, match="room 1 has no first day, or no other"):
        find_buildings([tmp_path / "drives"])
