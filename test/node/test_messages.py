# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""The conversion module beside a cv_bridge that works, that does not, and that is not there."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")

from std_msgs.msg import Header
from support.made_images import HEIGHT, RAW, WIDTH
from support.robot import image

from bgflow_ros.node import messages
from bgflow_ros.segmentation.errors import ImageError
from bgflow_ros.segmentation.images import Decoder

BRIDGE = """
class CvBridge:
    def imgmsg_to_cv2(self, message, encoding):
        import numpy as np
        assert encoding == "rgb8"
        {body}
"""
WORKS = "return np.full((message.height, message.width, 3), 7, np.uint8)"


@pytest.fixture
def with_bridge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Reloads the module beside a cv_bridge whose compiled part and conversion are as given."""

    def with_bridge(boost: str, body: str = WORKS) -> ModuleType:
        package = tmp_path / "cv_bridge"
        (package / "boost").mkdir(parents=True)
        (package / "__init__.py").write_text(BRIDGE.format(body=body))
        (package / "boost/__init__.py").write_text("")
        (package / "boost/cv_bridge_boost.py").write_text(boost)
        monkeypatch.syspath_prepend(str(tmp_path))
        return importlib.reload(messages)

    yield with_bridge
    for name in [name for name in sys.modules if name.startswith("cv_bridge")]:
        del sys.modules[name]
    monkeypatch.undo()
    importlib.reload(messages)


def message(encoding: str):
    rows = np.ascontiguousarray(RAW[encoding].reshape(RAW[encoding].shape[0], -1)).view(np.uint8)
    return image(rows, encoding, width=WIDTH, height=HEIGHT)


def test_a_working_bridge_gets_bayer_and_yuv_and_nothing_else(with_bridge) -> None:
    module = with_bridge("")
    bridged = {encoding for encoding in RAW if (module.to_rgb(message(encoding), Decoder()) == 7).all()}
    eight = {name for name in RAW if name.startswith("bayer") and name.endswith("8")}
    assert bridged == eight | {"yuyv", "uyvy", "yuv422", "yuv422_yuy2"}


def test_a_bridge_whose_compiled_part_is_broken_is_left_alone(with_bridge) -> None:
    module = with_bridge("raise ImportError('numpy.core.multiarray failed to import')")
    for encoding in RAW:
        expected = Decoder().image(message(encoding))
        assert (module.to_rgb(message(encoding), Decoder()) == expected).all()


def test_what_the_bridge_refuses_is_an_image_error(with_bridge) -> None:
    module = with_bridge("", body="raise RuntimeError('no')")
    with pytest.raises(ImageError, match="not converted: cv_bridge cannot convert bayer_rggb8"):
        module.to_rgb(message("bayer_rggb8"), Decoder())
    with pytest.raises(ImageError, match="truncated data"):
        module.to_rgb(image(RAW["mono8"], "bayer_rggb8", height=HEIGHT + 1), Decoder())


def test_an_image_message_is_the_array_s_bytes() -> None:
    grey, probability = np.arange(12, dtype=np.uint8).reshape(3, 4), np.ones((3, 4), np.float32)
    for array, encoding in ((grey, "mono8"), (probability, "32FC1")):
        flipped = array[:, ::-1]
        made = messages.to_image(Header(frame_id="camera"), flipped, encoding)
        assert bytes(made.data) == flipped.tobytes()
        assert (made.width, made.height, made.step) == (4, 3, 4 * array.itemsize)
