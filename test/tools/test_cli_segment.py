# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin
from support import tiny_model
from support.made_image_bags import frame, write_bag
from support.made_videos import write_mkv

from bgflow_ros.tools.cli.main import main


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


@pytest.mark.parametrize("keeps", ["static", "not_foreground"])
def test_masks_for_colmap_have_the_whole_name_of_the_image(tmp_path: Path, tiny: Path, keeps: str) -> None:
    images, out = tmp_path / "images", tmp_path / "masks"
    (images / "front").mkdir(parents=True)
    for name in ("a.jpg", "a.png", "front/b.jpeg"):
        cv2.imwrite(str(images / name), np.hstack([frame(20), np.full_like(frame(0), 235)]))
    arguments = ["segment", str(images), "--recursive", "--colmap", keeps, "--model", str(tiny), "--out", str(out)]
    assert main(arguments) == 0
    found = {str(path.relative_to(out)): read(path) for path in out.rglob("*.*")}
    assert found.keys() == {"a.jpg.png", "a.png.png", "front/b.jpeg.png"}
    for mask in found.values():
        half = mask.shape[1] // 2
        assert mask.shape == (frame(20).shape[0], 2 * frame(20).shape[1])
        assert set(np.unique(mask)) <= {0, 255}
        assert (mask[:, : half - 20] == 0).all(), "dark is foreground to this model"
        assert (mask[:, half + 20 :] == 255).all()


def test_what_colmap_would_see_otherwise_gets_no_mask(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = tmp_path / "images"
    images.mkdir()
    jpeg = cv2.imencode(".jpg", np.hstack([frame(20), np.full_like(frame(0), 235)]))[1].tobytes()
    # An APP1 segment whose only entry is Orientation, 6: a quarter turn.
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
    exif = b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01" + entry + b"\x00\x00\x00\x00"
    app1 = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    (images / "turned.jpg").write_bytes(jpeg[:2] + app1 + jpeg[2:])
    (images / "upright.jpg").write_bytes(jpeg)
    write_mkv(images / "film.mkv", [frame(50)] * 2, [0.0, 0.1], 0.2)
    out = tmp_path / "masks"
    assert main(["segment", str(images), "--colmap", "static", "--model", str(tiny), "--out", str(out)]) == 1
    assert {path.name for path in out.iterdir()} == {"upright.jpg.png"}
    told = capsys.readouterr().err
    assert "turned.jpg: its EXIF orientation turns it, which COLMAP ignores" in told
    assert "film: a video or bag; expected image files" in told


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
    assert "is not a folder" in capsys.readouterr().err


@pytest.mark.parametrize("share", ["-0.1", "1.5", "nan", "much"])
def test_a_share_beyond_0_to_1_is_refused(tiny: Path, share: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["segment", "a.png", "--model", str(tiny), "--out", "masks", f"--min-static={share}"]
    with pytest.raises(SystemExit) as refused:
        main(command)
    assert refused.value.code == 2
    assert f"argument --min-static: {share!r}; expected a number from 0 to 1" in capsys.readouterr().err


def test_of_a_folder_everything_is_done_or_told(tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("a.jpg", "c.pgm", "d.ppm", "sub/a.jpg"):
        cv2.imwrite(str(tmp_path / "in" / name), frame(50)[..., 0] if name == "c.pgm" else frame(50))
    (tmp_path / "in" / "b.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    cv2.imwrite(str(tmp_path / "in" / "depth.png"), np.full((48, 64), 1500, np.uint16))
    out = tmp_path / "in" / "out"
    command = ["segment", str(tmp_path / "in"), "--model", str(tiny), "--out", str(out)]
    for _ in range(2):  # the second time, the output folder is there
        assert main(command) == 1
        told = capsys.readouterr().err
        left_out = "sub: a folder, left out without --recursive"
        assert all(name in told for name in ("b.HEIC", "depth.png", left_out, "3 of 6 skipped"))
        assert {path.name for path in out.rglob("*.jpg")} == {"a_overlay.jpg", "c_overlay.jpg", "d_overlay.jpg"}
    assert main([*command, "--recursive"]) == 1
    assert "2 of 6 skipped" in capsys.readouterr().err
    assert (out / "sub" / "a_overlay.jpg").is_file()


def test_the_folder_that_is_segmented_does_not_get_the_masks(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), frame(50))
    assert main(["segment", str(tmp_path), "--model", str(tiny), "--out", str(tmp_path)]) == 2
    assert "is what is segmented" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_names_that_are_not_utf_8_are_done_or_told(tmp_path: Path, tiny: Path) -> None:
    (tmp_path / "in").mkdir()
    cv2.imwrite(str(tmp_path / "a.png"), frame(50))
    (tmp_path / "a.png").rename(tmp_path / "in" / os.fsdecode(b"a\xe9.png"))
    write_mkv(tmp_path / "in" / os.fsdecode(b"b\xe9.mkv"), [frame(50)] * 3, [0, 0.1, 0.2], 0.3)
    write_mkv(tmp_path / "in" / "c.mkv", [frame(50)] * 3, [0, 0.1, 0.2], 0.3)
    for number, encoding in enumerate(("utf-8:strict", "ascii:strict")):
        out = tmp_path / os.fsdecode(b"out\xe9%d" % number)
        command = ["segment", str(tmp_path / "in"), "--model", str(tiny), "--out", str(out)]
        code = "import sys; from bgflow_ros.tools.cli.main import main; sys.exit(main(sys.argv[1:]))"
        done = subprocess.run(
            [sys.executable, "-B", "-c", code, *command],
            capture_output=True,
            check=False,
            env=os.environ | {"PYTHONIOENCODING": encoding},
        )
        told = done.stderr.decode(errors="replace")
        assert "Traceback" not in told
        assert done.returncode == 1, told
        assert "skipped: " in told
        assert "cannot be written: its name is not UTF-8" in told
        assert (out / os.fsdecode(b"a\xe9_static.png")).is_file()
        assert not list(out.glob("*.mp4"))


def test_a_wide_video_is_scaled_and_said(tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_mkv(tmp_path / "a.mkv", [np.full((16, 9000, 3), 90, np.uint8)] * 2, [0, 0.1], 0.2)
    command = ["segment", str(tmp_path / "a.mkv"), "--model", str(tiny), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    assert "a_overlay.mp4 is scaled down to 8190x14" in capsys.readouterr().err
    assert read(tmp_path / "out" / "a_000001_static.png").shape == (16, 9000)


def test_a_video_without_a_constant_rate_gets_an_overlay_of_its_length(tmp_path: Path, tiny: Path) -> None:
    seconds = [0.375 * number + 0.01 * (number % 3) for number in range(20)]
    write_mkv(tmp_path / "12:30.mkv", [frame(10 * number) for number in range(20)], seconds, 7.5)
    out = tmp_path / "a %d:é"
    assert main(["segment", str(tmp_path / "12:30.mkv"), "--model", str(tiny), "--out", str(out)]) == 0
    assert len(list(out.glob("*_static.png"))) == 20
    video = cv2.VideoCapture(str(out / "12:30_overlay.mp4"))
    length = video.get(cv2.CAP_PROP_FRAME_COUNT) / video.get(cv2.CAP_PROP_FPS)
    assert length == pytest.approx(seconds[-1], abs=0.15)


@pytest.mark.usefixtures("uncovered")
@pytest.mark.parametrize("most", [64, 700, 1500])
def test_a_full_disk_is_one_line_and_nothing_half_is_left(tmp_path: Path, tiny: Path, most: int) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (20, 48, 64, 3), np.uint8)
    write_mkv(tmp_path / "clip.mkv", list(noise), [number / 20 for number in range(20)], 1)
    command = ["segment", str(tmp_path / "clip.mkv"), "--model", str(tiny), "--out", str(tmp_path / "out")]
    # The kernel's answer to a file beyond this size is the one to a full disk but for its number.
    code = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}));"
        f"from bgflow_ros.tools.cli.main import main; sys.exit(main({command}))"
    )
    done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"{tmp_path / 'out'} cannot be written: File too large; stopped after 0 of 1" in done.stderr
    assert "Traceback" not in done.stderr
    for path in (tmp_path / "out").iterdir():
        assert path.suffix == ".png", "each of them whole, and no video that is not"
        assert read(path).shape == (48, 64)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_video_that_is_interrupted_keeps_a_whole_overlay(tmp_path: Path, tiny: Path, number: signal.Signals) -> None:
    write_mkv(tmp_path / "clip.mkv", [frame(50)] * 3000, [number / 20 for number in range(3000)], 150)
    command = ["segment", str(tmp_path / "clip.mkv"), "--model", str(tiny), "--out", str(tmp_path / "out")]
    # A shell makes its background jobs ignore Ctrl-C, these tests among them, and their children inherit that.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        f"from bgflow_ros.tools.cli.main import main; sys.exit(main({command}))"
    )
    running = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len(list((tmp_path / "out").glob("*_static.png"))) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(number)
    told = running.communicate(timeout=30)[1]
    assert running.returncode == 130, told
    assert not list((tmp_path / "out").glob(".*"))
    video = cv2.VideoCapture(str(tmp_path / "out" / "clip_overlay.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) >= 19


def test_a_large_graph_is_the_user_s_to_allow(
    tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bgflow_ros.segmentation.model.GRAPH_BYTES", 100)
    cv2.imwrite(str(tmp_path / "a.png"), frame(50))
    command = ["segment", str(tmp_path / "a.png"), "--model", str(tiny), "--out", str(tmp_path / "out")]
    assert main(command) == 2
    assert "--max-graph-mb" in capsys.readouterr().err
    assert main([*command, "--max-graph-mb", "1"]) == 0
    with pytest.raises(SystemExit):
        main([*command, "--max-graph-mb", "9999"])
    assert "from 1 to 2047" in capsys.readouterr().err


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
    told = f"the model is unsure of {count} of 10 images (contrast below 1.50)"
    assert [line for line in capsys.readouterr().err.splitlines() if told in line]


@pytest.mark.parametrize("bounded", [False, True])
def test_where_there_is_a_room_or_no_bound_nothing_is_said_of_the_contrast(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bounded: bool
) -> None:
    model = tiny_model.write(tmp_path / "model", **({"contrast": {"least": 1.5}} if bounded else {}))
    cv2.imwrite(str(tmp_path / "a.png"), half(200) if bounded else frame(200))
    assert main(["segment", str(tmp_path / "a.png"), "--model", str(model), "--out", str(tmp_path / "out")]) == 0
    assert "the model is unsure" not in capsys.readouterr().err


def test_an_image_that_cannot_have_its_outputs_costs_no_other(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "ok.png"), frame(50))
    cv2.imwrite(str(tmp_path / f"{'long' * 60}.png"), frame(50))
    cv2.imwrite(str(tmp_path / "wide.png"), np.full((2, 70000, 3), 90, np.uint8))
    out = tmp_path / "out"
    assert main(["segment", str(tmp_path), "--model", str(tiny), "--out", str(out)]) == 1
    assert sorted(path.name for path in out.iterdir()) == ["ok_foreground.png", "ok_overlay.jpg", "ok_static.png"]
    told = capsys.readouterr().err
    assert "names would be too long; rename it" in told
    assert "wide: OpenCV cannot encode 70000x2 pixels as JPG" in told


def test_a_picture_and_a_video_of_one_name_share_no_file(tmp_path: Path, tiny: Path) -> None:
    """Telephones name a photograph and the seconds around it alike."""
    cv2.imwrite(str(tmp_path / "IMG_1.JPG"), frame(50))
    write_mkv(tmp_path / "IMG_1.mkv", [frame(50)] * 2, [0, 0.1], 0.2)
    out = tmp_path / "out"
    assert main(["segment", str(tmp_path), "--model", str(tiny), "--out", str(out)]) == 0
    assert {"IMG_1_overlay.jpg", "IMG_1_overlay.mp4"} <= {path.name for path in out.iterdir()}


@pytest.mark.parametrize("full", [False, True])
def test_a_reader_that_has_gone_or_a_full_disk_for_what_is_printed_is_no_traceback(
    tmp_path: Path, tiny: Path, full: bool
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), frame(50))
    code = "import sys; from bgflow_ros.tools.cli.main import main; sys.exit(main(sys.argv[1:]))"
    command = ["segment", str(tmp_path / "a.png"), "--model", str(tiny), "--out", str(tmp_path / "out")]
    read_end, write_end = os.pipe()
    os.close(read_end)
    to = os.open("/dev/full", os.O_WRONLY) if full else write_end
    done = subprocess.run(
        [sys.executable, "-c", code, *command], check=False, stdout=to, stderr=subprocess.PIPE, text=True
    )
    os.close(write_end)
    assert done.returncode == 1
    assert done.stderr.splitlines() == (["bgflow segment: [Errno 28] No space left on device"] if full else [])
    assert len(list((tmp_path / "out").iterdir())) == 3
