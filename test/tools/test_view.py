# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""`bgflow view`, by the recordings that it makes, read with Rerun's own reader."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rerun", reason="needs rerun-sdk, the view extra")

from support.recordings import read

from bgflow_ros.segmentation.images import decode_file
from bgflow_ros.segmentation.segmenter import Segmenter
from bgflow_ros.tools.cli.main import main

HEIGHT, WIDTH = 48, 64
RIGHT = np.arange(WIDTH) >= WIDTH // 2


def scene(bright: int) -> np.ndarray:
    """Dark on the left, bright on the right."""
    rgb = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
    rgb[:, RIGHT] = bright
    return rgb


def mask(row: dict[str, Any]) -> np.ndarray:
    [data] = row["SegmentationImage:buffer"]
    return np.array(data, np.uint8).reshape(HEIGHT, WIDTH)


def test_a_recording_of_pictures_holds_what_the_segmenter_found(
    tmp_path: Path, tiny: Path, segmenter: Segmenter
) -> None:
    shown = [scene(230), scene(140)]
    for number, rgb in enumerate(shown):
        cv2.imwrite(str(tmp_path / f"{number}.png"), rgb)
    file = tmp_path / "out" / "view.rrd"
    assert main(["view", str(tmp_path), "--model", str(tiny), "--device", "cpu", "--save", str(file)]) == 0
    assert [path.name for path in file.parent.iterdir()] == ["view.rrd"], "no temporary file stays"
    found = read(file)
    for second, rgb in enumerate(shown):
        time, expected = second * 1_000_000_000, segmenter(rgb)
        assert (mask(found["/camera/foreground"][time]) == expected.foreground).all()
        assert (mask(found["/camera/static"][time]) == expected.static).all()
        [tensor] = found["/camera/likelihood"][time]["Tensor:data"]
        per_cent = np.array(tensor["buffer"], np.uint8).reshape(tensor["shape"])
        assert np.abs(per_cent / 100 - expected.likelihood).max() <= 0.00501
        [jpeg] = found["/camera/image"][time]["EncodedImage:blob"]
        difference = decode_file(bytes(jpeg))[:, 8:24].astype(int) - rgb[:, 8:24]
        assert np.abs(difference).max() < 10
        assert found["/statistics/share/foreground"][time]["Scalars:scalars"] == [
            pytest.approx(100 * np.mean(expected.foreground > 0))
        ]
        assert found["/statistics/age/segment"][time]["Scalars:scalars"][0] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.mp4", "--save", "x.rrd"], "no such file"),
        (["a.png", "--model", "nosuch", "--save", "x.rrd"], "no model 'nosuch'"),
        (["a.png", "--save", "."], "is a folder"),
        (["a.png"], "no screen"),
    ],
)
def test_what_only_the_user_can_mend_ends_with_one_line_and_status_2(
    tmp_path: Path,
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), scene(230))
    monkeypatch.chdir(tmp_path)
    for screen in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(screen, raising=False)
    assert main(["view", "--model", str(tiny), *arguments]) == 2
    told = capsys.readouterr().err.strip()
    assert told.startswith("bgflow view: ")
    assert message in told
    assert "\n" not in told
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_without_rerun_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in [name for name in sys.modules if name.startswith("bgflow_ros.tools.view")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rerun", None)
    assert main(["view", "a.png"]) == 2
    told = capsys.readouterr().err
    assert "needs rerun" in told
    assert "'.[view]'" in told


def listening(pid: int) -> set[str]:
    """Addresses at which a process and its children wait for connections, from Linux' own tables."""
    tables = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    sockets = {row[9]: row[1].partition(":")[0] for row in tables if row[3] == "0A"}
    found, processes = set(), [pid]
    while processes:
        one = processes.pop()
        with contextlib.suppress(OSError):  # it has just ended
            for link in Path(f"/proc/{one}/fd").iterdir():
                with contextlib.suppress(OSError):
                    name = str(link.readlink())
                    if name.startswith("socket:[") and name[8:-1] in sockets:
                        found.add(sockets[name[8:-1]])
            for task in Path(f"/proc/{one}/task").iterdir():
                processes += map(int, (task / "children").read_text().split())
    return found


@contextlib.contextmanager
def served(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Serve `bgflow view --web` with ports of its own; the process, and what it printed until it was ready."""
    with socket.create_server(("", 0)) as one, socket.create_server(("", 0)) as other:
        ports = one.getsockname()[1], other.getsockname()[1]
    command = ["view", "--web", "--device", "cpu", *arguments]
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        f"from bgflow_ros.tools.view import target; target.WEB_PORT, target.DATA_PORT = {ports};"
        f"from bgflow_ros.tools.cli.main import main; sys.exit(main({command}))"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        told = []
        assert process.stdout is not None
        for line in process.stdout:
            told.append(line)
            if "Ctrl-C" in line:
                break
        yield process, told
    finally:
        process.kill()
        process.communicate()


LOOPBACK, EVERYWHERE = "0100007F", "00000000"
"""127.0.0.1 and 0.0.0.0 in Linux' tables."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_in_a_browser_only_this_machine_sees_it(tmp_path: Path, tiny: Path, number: signal.Signals) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), scene(230))
    home = tmp_path / "home"
    home.mkdir()
    with served(home, str(tmp_path / "a.png"), "--model", str(tiny)) as (process, told):
        assert listening(process.pid) == {LOOPBACK}
        assert told[0].startswith("only this machine can see it")
        assert told[1].startswith("http://127.0.0.1:")
        with urllib.request.urlopen(told[1].strip(), timeout=10) as page:
            assert b"<title>Rerun Viewer</title>" in page.read()
        [server] = (Path(f"/proc/{process.pid}/task/{process.pid}") / "children").read_text().split()
        process.send_signal(number)
        process.wait(20)
        deadline = time.monotonic() + 30
        while Path(f"/proc/{server}/exe").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not Path(f"/proc/{server}/exe").exists(), "it serves on"
    assert not list(home.rglob("*")), "neither Rerun nor ONNX Runtime keeps an identifier"


def test_others_see_it_where_the_user_says_so(tmp_path: Path, tiny: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), scene(230))
    with served(tmp_path, str(tmp_path / "a.png"), "--model", str(tiny), "--bind", "0.0.0.0") as (process, told):
        assert listening(process.pid) == {EVERYWHERE}
        assert (
            told[0] == "whoever reaches any address of this machine can see what the camera sees, without a password\n"
        )
        assert socket.gethostname() in "".join(told)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--web", "--bind", "robot"], "expected an IP address"),
        (["--web", "--bind", "192.0.2.1"], "cannot serve on 192.0.2.1, port 9090: Cannot assign requested address"),
        (["--save", "x.rrd", "--bind", "0.0.0.0"], "--bind says where --web serves"),
    ],
)
def test_an_address_that_cannot_be_served_at_is_one_line(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), scene(230))
    assert main(["view", str(tmp_path / "a.png"), "--model", str(tiny), *arguments]) == 2
    told = capsys.readouterr().err.strip()
    assert message in told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("save", "message"),
    [
        ("a.png", "exists and is not named like a recording"),
        ("a.png/x.rrd", "cannot be written"),
        ("\udce9.rrd", "not UTF-8"),
    ],
    ids=["input", "below a file", "not utf-8"],
)
def test_a_recording_that_cannot_be_saved_there_is_one_line_and_harms_nothing(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str], save: str, message: str
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), scene(230))
    before = (tmp_path / "a.png").read_bytes()
    assert main(["view", str(tmp_path / "a.png"), "--model", str(tiny), "--save", str(tmp_path / save)]) == 2
    assert message in capsys.readouterr().err
    assert (tmp_path / "a.png").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_recording_on_a_read_only_disk_is_one_line(
    tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    # No test may mount a disk; there, writing and removing fail alike.
    monkeypatch.setattr(Path, "write_bytes", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    cv2.imwrite(str(tmp_path / "a.png"), scene(230))
    assert main(["view", str(tmp_path / "a.png"), "--model", str(tiny), "--save", str(tmp_path / "x.rrd")]) == 2
    assert "x.rrd cannot be written: [Errno 30] Read-only file system" in capsys.readouterr().err


@pytest.mark.usefixtures("uncovered")
def test_a_recording_for_which_the_disk_has_no_room_is_told_and_gone(tmp_path: Path, tiny: Path) -> None:
    for number in range(4):
        noise = np.random.default_rng(number).integers(0, 255, (480, 640, 3), np.uint8)
        cv2.imwrite(str(tmp_path / f"{number}.png"), noise)
    command = ["view", str(tmp_path), "--model", str(tiny), "--save", str(tmp_path / "out" / "x.rrd")]
    code = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100));"
        f"from bgflow_ros.tools.cli.main import main; sys.exit(main({command}))"
    )
    done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "x.rrd cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "out").iterdir())


@pytest.fixture
def robot() -> Iterator[object]:
    pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")
    from support.robot import Robot

    robot = Robot("kitchen")
    yield robot
    robot.close()


def test_a_recording_of_the_node_holds_its_outputs_by_their_stamps(
    robot, tiny: Path, segmenter: Segmenter, tmp_path: Path
) -> None:
    from rclpy.qos import ReliabilityPolicy
    from sensor_msgs.msg import Image
    from support.robot import Segment, environment, image, model

    file = tmp_path / "live.rrd"
    segment = Segment(model(tiny), ("__ns:=/kitchen",))
    command = ["view", "--namespace", "kitchen", "--depth", "depth", "--save", str(file)]
    code = f"import sys; from bgflow_ros.tools.cli.main import main; sys.exit(main({command}))"
    viewer = subprocess.Popen([sys.executable, "-c", code], env=environment(), stderr=subprocess.PIPE, text=True)
    colour = image(scene(230))
    depth = image(np.full((HEIGHT, WIDTH), 1500, np.uint16).view(np.uint8), "16UC1", width=WIDTH)

    def show() -> None:
        robot.show(colour)
        depth.header = colour.header
        robot.publisher(Image, "depth", ReliabilityPolicy.RELIABLE).publish(depth)

    def watched() -> bool:
        show()
        # The node's subscription and the viewer's.
        return all(robot.node.count_subscribers(topic) == 2 for topic in ("image", "depth"))

    try:
        assert robot.until(watched, 30), segment.log()
        for _ in range(40):
            show()
            robot.until(lambda: False, 0.1)
        viewer.send_signal(signal.SIGINT)
        told = viewer.communicate(timeout=20)[1]
    finally:
        viewer.kill()
        viewer.wait()
        segment.close()
    assert viewer.returncode == 0, told
    assert [path.name for path in tmp_path.iterdir()] == ["live.rrd"]
    found, expected = read(file), segmenter(scene(230))
    shown = set(found["/camera/image"])
    assert len(shown) > 5
    for entity, map_ in (("/camera/foreground", expected.foreground), ("/camera/static", expected.static)):
        assert len(shown & set(found[entity])) > 5, "by the stamp of their image"
        assert all((mask(row) == map_).all() for row in found[entity].values())
    assert all(stamp % 1_000_000_000 == 123_456_789 for stamp in shown)
    for row in found["/camera/depth"].values():
        assert (np.array(row["DepthImage:buffer"][0], np.uint8).view(np.uint16) == 1500).all()
        assert row["DepthImage:meter"] == [1000]
    assert any("| state | active |" in row["TextDocument:text"][0] for row in found["/statistics/node"].values())
    assert any(row["Scalars:scalars"][0] > 0 for row in found["/statistics/rate/output"].values())


def test_a_topic_of_another_type_than_is_watched_is_told(robot, tmp_path: Path) -> None:
    from rclpy.qos import ReliabilityPolicy
    from sensor_msgs.msg import CompressedImage
    from support.robot import environment

    command = ["view", "--namespace", "kitchen", "--save", str(tmp_path / "live.rrd")]
    code = f"import sys; from bgflow_ros.tools.cli.main import main; sys.exit(main({command}))"
    log = tmp_path / "log"
    with log.open("w") as file:
        viewer = subprocess.Popen([sys.executable, "-c", code], env=environment(), stderr=file)
    try:
        robot.publisher(CompressedImage, "image", ReliabilityPolicy.RELIABLE)
        said = "/kitchen/image carries sensor_msgs/msg/CompressedImage, expected sensor_msgs/msg/Image"
        assert robot.until(lambda: said in log.read_text(), 30), log.read_text()
    finally:
        viewer.terminate()
        viewer.wait()


@pytest.mark.parametrize("arguments", [["--image", "a b"], ["--namespace", "a-b"], ["--rate", "0"]])
def test_what_ros_does_not_allow_is_refused_before_a_file_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")
    assert main(["view", "--save", str(tmp_path / "x.rrd"), *arguments]) == 2
    assert capsys.readouterr().err.startswith("bgflow view: ")
    assert not list(tmp_path.iterdir())
