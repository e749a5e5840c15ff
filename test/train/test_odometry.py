# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Odometry with and without masks, on drives whose every pose is known."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("evo", reason="needs the train extra")

from support import made_drives

from bgflow_ros.segmentation.model import Model
from bgflow_ros.tools.cli.main import main
from bgflow_train.studies.odometry.drive import Drive
from bgflow_train.studies.odometry.errors import trajectory_errors
from bgflow_train.studies.odometry.masking import (
    MASKINGS,
    Given,
    Masking,
    enough,
    kept,
    share_of_features,
    share_of_pixels,
    true,
)
from bgflow_train.studies.odometry.measuring import METHODS, measure_drive

FEW = {name: MASKINGS[name] for name in ("no mask", "static", "true")} | {"verified": Masking(true, verified=True)}


@pytest.fixture(scope="module")
def drives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drives")
    made_drives.write(folder / "still", 0.0)
    made_drives.write(folder / "board", 0.5)
    return folder


def left_half(given: Given) -> np.ndarray:
    mask = np.zeros(given.frame.rgb.shape[:2], np.uint8)
    mask[:, : mask.shape[1] // 2] = 255
    return mask


HALF = {"no mask": MASKINGS["no mask"], "left": Masking(left_half), "verified": Masking(left_half, verified=True)}


@pytest.fixture(scope="module")
def measured(drives: Path, tiny: Path) -> dict[str, dict]:
    model = Model.load(tiny)
    still = measure_drive(Drive(drives / "still"), model, HALF, 1, None, int)
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(METHODS, "ORB + PnP")  # RANSAC alone copes with the board; the odometry by all pixels follows it.
        return {"still": still, "board": measure_drive(Drive(drives / "board"), model, FEW, 1, None, int)}


@pytest.mark.parametrize("method", METHODS)
def test_odometry_finds_the_way_where_nothing_moves(measured: dict[str, dict], method: str) -> None:
    [errors] = measured["still"]["errors"][method]["no mask"]
    assert errors["ate"] < 0.015
    assert errors["rpe_turn"] < 0.7
    assert errors["lost"] == 0


@pytest.mark.parametrize("masking", ["static", "true", "verified"])
def test_a_mask_takes_most_of_the_error_that_something_moving_makes(measured: dict[str, dict], masking: str) -> None:
    [[without], [masked]] = [measured["board"]["errors"]["RGB-D"][name] for name in ("no mask", masking)]
    assert without["rpe_shift"] > 0.15
    assert masked["rpe_shift"] < 0.25 * without["rpe_shift"]
    assert masked["ate"] < 0.5 * without["ate"]


@pytest.mark.parametrize("method", METHODS)
def test_a_mask_that_does_not_matter_costs_nothing_where_it_is_verified(measured: dict[str, dict], method: str) -> None:
    ates = {name: errors["ate"] for name, [errors] in measured["still"]["errors"][method].items()}
    assert ates["left"] > 1.2 * ates["no mask"]
    assert ates["verified"] < 1.1 * ates["no mask"]


def test_features_and_pixels_kept_are_told(measured: dict[str, dict]) -> None:
    assert measured["board"]["pixels"]["true"] == pytest.approx(0.5, abs=0.01)
    assert measured["board"]["pixels"]["no mask"] == 1
    assert 0 < measured["board"]["features"]["true"] < measured["board"]["features"]["no mask"]


class Flat:
    """Stands for a Segmentation: background is the likelier, the farther right."""

    logit = np.repeat(np.linspace(-3, 3, 100, dtype=np.float32)[None], 50, 0)
    static = np.where(logit > 2.4, 255, 0).astype(np.uint8)


def given() -> Given:
    points = np.array([(x, 10) for x in range(0, 100, 5)])
    return Given(None, Flat(), points)  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_the_likeliest_features_are_kept_up_to_their_share(share: float) -> None:
    mask = share_of_features(share)(given())
    assert mask is not None
    assert kept(given().points, mask) == pytest.approx(20 * share, abs=1)
    assert mask[10, 99] == 255


def test_too_few_features_are_no_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = given()
    inside = kept(scene.points, Flat.static)
    assert inside == 2
    object.__setattr__(scene, "frame", type("F", (), {"rgb": np.zeros((50, 100, 3), np.uint8)}))
    for count, pixels in ((inside, Flat.static), (inside + 1, np.full((50, 100), 255))):
        mask = enough(count)(scene)
        np.testing.assert_array_equal(mask, pixels)


def test_min_static_is_the_node_s_own_rule(segmenter) -> None:
    picture = np.repeat(np.linspace(0, 90, 128).astype(np.uint8)[None, :, None], 96, 0).repeat(3, 2)
    plain = segmenter(picture)
    segmenter.min_static = 0.4
    mask = share_of_pixels(0.4)(Given(None, plain, np.empty((0, 2), np.int64)))  # type: ignore[arg-type]
    np.testing.assert_array_equal(mask, segmenter(picture).static)


def trajectory(drives: Path) -> tuple[np.ndarray, list[np.ndarray], Drive]:
    drive = Drive(drives / "still")
    return np.array(list(drive.images)), made_drives.poses(), drive


def test_the_true_way_has_no_error_in_whatever_frame_it_is_told(drives: Path) -> None:
    times, poses, drive = trajectory(drives)
    moved = np.eye(4)
    moved[:3, :3], moved[:3, 3] = cv2.Rodrigues(np.array([0.3, -1.0, 0.5]))[0], (5, -3, 1)
    errors = trajectory_errors(times, [moved @ pose for pose in poses], drive.truth)
    assert max(errors.values()) < 1e-5


def test_a_constant_drift_is_its_rpe(drives: Path) -> None:
    times, poses, drive = trajectory(drives)
    step = np.eye(4)
    step[:3, :3], step[:3, 3] = cv2.Rodrigues(np.array([0, np.radians(0.5), 0]))[0], (0, 0, 0)
    drifted, pose = [poses[0]], poses[0]
    for before, after in itertools.pairwise(poses):
        pose = pose @ np.linalg.inv(before) @ after @ step
        drifted.append(pose)
    errors = trajectory_errors(times, drifted, drive.truth)
    assert errors["rpe_turn"] == pytest.approx(0.5 * made_drives.RATE, rel=0.02)


def test_ate_is_the_root_mean_square_after_alignment(drives: Path) -> None:
    times, poses, drive = trajectory(drives)
    shaken = [pose.copy() for pose in poses]
    for number, pose in enumerate(shaken):
        pose[1, 3] += 0.1 if number % 2 else -0.1
    assert trajectory_errors(times, shaken, drive.truth)["ate"] == pytest.approx(0.1, rel=0.05)
    still = [np.eye(4)] * len(poses)
    spread = np.array([pose[:3, 3] for pose in poses])
    expected = np.sqrt(((spread - spread.mean(0)) ** 2).sum(1).mean())
    assert trajectory_errors(times, still, drive.truth)["ate"] == pytest.approx(expected, rel=1e-4)


def test_depth_of_rendered_drives_has_a_sensor_s_noise_and_recorded_ones_are_left_alone(
    drives: Path, tmp_path: Path
) -> None:
    exact = next(Drive(made_drives.write(tmp_path / "recorded", rendered=False, frames=2)).frames()).depth
    noisy = next(Drive(drives / "still").frames()).depth
    excess = (noisy - exact) / (0.0012 + 0.0019 * (exact - 0.4) ** 2)
    assert np.std(excess) == pytest.approx(1, rel=0.02)
    assert abs(np.mean(excess)) < 0.02


def test_the_command_goes_on_where_it_was_and_writes_tables_and_a_plot(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drives = tmp_path / "drives"
    for name, moving, rendered in (("still", 0.0, True), ("board", 0.5, True), ("recorded", 0.0, False)):
        made_drives.write(drives / name, moving, rendered, frames=4)
    few = {name: way for name, way in FEW.items() if name != "verified"}
    monkeypatch.setattr("bgflow_train.studies.odometry.masking.MASKINGS", few)
    arguments = ["odometry", str(drives), "--model", str(tiny), "--seeds", "1", "--out", str(tmp_path)]
    assert main(arguments) == 0
    text = (tmp_path / "odometry.md").read_text()
    for expected in ("0 % of the view moves", "50 % of the view moves", "## recorded", "| ORB + PnP | true |"):
        assert expected in text
    assert cv2.imread(str(tmp_path / "odometry.png")) is not None
    board = json.loads((tmp_path / "board.json").read_text())
    assert board["drive"]["moving"] == ["board"]
    assert "true" not in json.loads((tmp_path / "recorded.json").read_text())["features"]
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    (tmp_path / "board.json").unlink()
    assert main(arguments) == 0
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    assert {name for name in before if after[name] != before[name]} == {"board.json"}
    again = json.loads((tmp_path / "board.json").read_text())["errors"]["RGB-D"]["true"][0]
    assert again["ate"] == pytest.approx(board["errors"]["RGB-D"]["true"][0]["ate"], rel=1e-3)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: (path / "rgb.txt").unlink(), "not a drive folder"),
        (lambda path: (path / "camera.yaml").write_text("camera_matrix: 1"), "missing depth_scale, distortion"),
        (lambda path: (path / "groundtruth.txt").write_text("a b c\n"), "groundtruth.txt"),
        (lambda path: (path / "depth.txt").write_text("0 depth/none.png\n"), "0 images have depth"),
        (lambda path: next((path / "rgb").iterdir()).write_bytes(b""), "cannot be read"),
    ],
)
def test_what_is_no_drive_ends_with_one_line_and_status_2(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str], spoil, message: str
) -> None:
    spoil(made_drives.write(tmp_path / "drive", frames=2))
    assert main(["odometry", str(tmp_path / "drive"), "--model", str(tiny), "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
