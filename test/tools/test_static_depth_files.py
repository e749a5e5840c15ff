# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Static depth of folders in the layout of TUM's RGB-D benchmark."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.made_image_bags import frame

from bgflow_ros.tools.cli.main import main

VIEW = np.hstack([frame(20), np.full_like(frame(0), 235)])
"""To the tiny model the left half is foreground, and the right half surely static."""
HALF = frame(0).shape[1]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    folder = tmp_path / "recording"
    for kind in ("rgb", "depth"):
        (folder / kind).mkdir(parents=True)
    for number in range(3):
        cv2.imwrite(str(folder / f"rgb/{number}.png"), VIEW)
        cv2.imwrite(str(folder / f"depth/{number}.png"), np.full(VIEW.shape[:2], 5000 + number, np.uint16))
    (folder / "rgb.txt").write_text("# a comment\n" + "".join(f"{10 + n / 10:.2f} rgb/{n}.png\n" for n in range(3)))
    (folder / "depth.txt").write_text("".join(f"{10.01 + n / 10:.2f} depth/{n}.png\n" for n in range(3)))
    return folder


def segment(recording: Path, tiny: Path, *more: str) -> int:
    out = recording.parent / "out"
    return main(["segment", str(recording), "--static-depth", "--model", str(tiny), "--out", str(out), *more])


@pytest.mark.parametrize("keeps", ["static", "not_foreground"])
def test_depth_keeps_its_names_and_values_where_the_room_is(recording: Path, tiny: Path, keeps: str) -> None:
    assert segment(recording, tiny, "--depth-keeps", keeps) == 0
    out = recording.parent / "out"
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.*")) == [
        "depth.txt",
        *(f"depth/{number}.png" for number in range(3)),
    ]
    for number in range(3):
        depth = cv2.imread(str(out / f"depth/{number}.png"), cv2.IMREAD_UNCHANGED)
        assert depth is not None
        assert depth.dtype == np.uint16
        assert (depth[:, : HALF - 12] == 0).all()
        assert (depth[:, HALF + 12 :] == 5000 + number).all()
    assert (out / "depth.txt").read_text().splitlines()[1:] == [f"{10.01 + n / 10:.6f} depth/{n}.png" for n in range(3)]


def test_what_cannot_be_used_is_told_and_left_out_of_the_list(
    recording: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(recording / "depth/0.png"), np.zeros((4, 4), np.uint16))
    (recording / "rgb/1.png").write_bytes(b"broken")
    with (recording / "depth.txt").open("a") as file:
        file.write("99.0 depth/2.png\n")
    assert segment(recording, tiny) == 1
    told = capsys.readouterr().err
    assert "4x4 and" in told
    assert "1.png" in told
    assert "1 depth images without an image left out" in told
    assert (recording.parent / "out/depth.txt").read_text().split() == [
        "#",
        "timestamp",
        "filename",
        "10.210000",
        "depth/2.png",
    ]


@pytest.mark.parametrize(
    ("listing", "message"),
    [
        (None, "depth.txt"),
        ("", "lists no files"),
        ("soon depth/0.png\n", "expected lines of a time and a file"),
        ("10.0 ../depth/0.png\n", "lies outside of the recording"),
        ("99.0 depth/0.png\n", "no depth image has an image within 20 ms"),
    ],
)
def test_a_folder_that_is_no_recording_ends_with_one_line_and_status_2(
    recording: Path, tiny: Path, listing: str | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if listing is None:
        (recording / "depth.txt").unlink()
    else:
        (recording / "depth.txt").write_text(listing)
    assert segment(recording, tiny) == 2
    assert message in capsys.readouterr().err


def test_it_takes_one_folder_and_nothing_beside(
    recording: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert segment(recording, tiny, "--labels") == 2
    assert "--static-depth takes one folder" in capsys.readouterr().err
