# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest
from support import tiny_model

from bgflow_ros.segmentation.model import DEFAULT_MODEL, Model, ModelError


def test_a_whole_model_loads(tiny: Path) -> None:
    model = Model.load(tiny)
    assert (model.name, model.width, model.height, model.stride) == ("tiny", 128, 96, 8)
    assert (model.foreground_threshold, model.static_threshold) == (tiny_model.FOREGROUND, tiny_model.STATIC)


def test_a_manifest_without_a_bound_of_the_contrast_loads(tiny: Path, tmp_path: Path) -> None:
    assert Model.load(tiny).min_contrast is None
    assert Model.load(tiny_model.write(tmp_path / "m", contrast={"least": 0.5, "more": "words"})).min_contrast == 0.5


def test_the_packaged_default_loads_by_name() -> None:
    assert Model.load() == Model.load(DEFAULT_MODEL)


def test_an_altered_graph_is_refused(tmp_path: Path) -> None:
    folder = tiny_model.write(tmp_path / "m")
    graph = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(graph[:-1] + bytes([graph[-1] ^ 1]))
    with pytest.raises(ModelError, match=r"model\.onnx has been altered"):
        Model.load(folder)


def test_a_missing_graph_is_named(tmp_path: Path) -> None:
    folder = tiny_model.write(tmp_path / "m")
    (folder / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"model\.onnx is missing or unreadable"):
        Model.load(folder)


def test_an_unknown_name_lists_the_packaged_models() -> None:
    with pytest.raises(ModelError, match=rf"no model 'nosuch'.*{DEFAULT_MODEL}"):
        Model.load("nosuch")


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"manifest\.yaml cannot be read"):
        Model.load(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "format 2; this bgflow reads format 1"),
        ({"sha256": "abc"}, r"invalid at \$\.sha256"),
        ({"file": "../model.onnx"}, r"invalid at \$\.file"),
        ({"file": "/etc/passwd"}, r"invalid at \$\.file"),
        ({"input": {"width": "wide", "height": 96}}, r"invalid at \$\.input\.width"),
        ({"surprise": 1}, "surprise"),
        ({"contrast": {"least": "low"}}, r"invalid at \$\.contrast\.least"),
        ({"contrast": {}}, "'least' is a required property"),
        (
            {
                "thresholds": {
                    "foreground": {"likelihood": 0.7, "level": 0.05, "guarantee": ""},
                    "static": {"likelihood": 0.4, "level": 0.01, "guarantee": ""},
                }
            },
            "static threshold 0.4 is below",
        ),
    ],
)
def test_an_invalid_manifest_is_refused_with_the_place(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Model.load(tiny_model.write(tmp_path / "m", **changes))


LAUGHS = b"a0: &a0 [x, x]\n" + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (i + 1, i + 1, i, i) for i in range(30))
"""Few lines that stand for two thousand million words."""


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"- a\n- b",
        b"a: [",
        b"\xff\xfe",
        b"!!python/object/apply:os.system [true]",
        b"name: 2001-99-99",
        b"[" * 5000,
        b"a" * (2 << 20),
        LAUGHS,
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, text: bytes) -> None:
    folder = tiny_model.write(tmp_path / "m")
    (folder / "manifest.yaml").write_bytes(text)
    with pytest.raises(ModelError, match=r"manifest\.yaml"):
        Model.load(folder)


def test_what_is_said_twice_may_be_an_alias(tmp_path: Path) -> None:
    both = {"likelihood": 0.5, "level": 0.05, "guarantee": ""}
    folder = tiny_model.write(tmp_path / "m", thresholds={"foreground": both, "static": both})
    assert "*" in (folder / "manifest.yaml").read_text()
    assert Model.load(folder).static_threshold == 0.5


def test_what_is_wrong_is_told_shortly_however_long_it_is(tmp_path: Path) -> None:
    folder = tiny_model.write(tmp_path / "m", name=["x"] * 5_000)
    with pytest.raises(ModelError) as refused:
        Model.load(folder)
    assert len(str(refused.value)) < 1000


def test_a_graph_beyond_all_reason_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bgflow_ros.segmentation.model.GRAPH_BYTES", 100)
    with pytest.raises(ModelError, match="larger than 100 bytes"):
        Model.load(tiny_model.write(tmp_path / "m"))


def test_a_tool_may_load_a_graph_that_is_larger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bgflow_ros.segmentation.model.GRAPH_BYTES", 100)
    folder = tiny_model.write(tmp_path / "m")
    assert Model.load(folder, max_graph_bytes=1 << 20).name == "tiny"
    with pytest.raises(ModelError, match="larger than 50 bytes"):
        Model.load(folder, max_graph_bytes=50)


def test_a_model_may_lie_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    tiny_model.write(tmp_path / "m")
    assert Model.load("~/m").name == "tiny"
