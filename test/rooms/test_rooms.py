# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Rendered rooms: their folder as a data set, and the generator, most of which needs no Blender."""

from __future__ import annotations

import ast
import json
import math
import random
import shutil
import sys
from dataclasses import FrozenInstanceError, fields
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bgflow_rooms.__main__ import main as render
from bgflow_rooms.furniture.family import Family
from bgflow_rooms.nyu40 import BACKGROUND_CLASSES, CLASSES
from bgflow_rooms.render.develop import develop, encode_jpeg
from bgflow_rooms.scene.camera import Camera, Lens, sample_camera, sample_lens
from bgflow_rooms.scene.close_up_camera import sample_close_up_camera
from bgflow_rooms.scene.occupancy import Occupancy, corners, overlap
from bgflow_rooms.scene.plan import sample_annex, sample_plan
from bgflow_rooms.scene.room_use import SHARES, USES
from bgflow_rooms.scene.support_surface import SupportSurface
from bgflow_ros.tools.cli.main import main
from bgflow_train.data import DatasetError
from bgflow_train.data.rendered_rooms import open_rooms, open_rooms_classes

ROOMS = Path(__file__).resolve().parents[2] / "bgflow_rooms"
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(32, 200).flatmap(lambda width: st.tuples(st.just(width), st.integers(width // 2, width)))
PLACES = {"wall", "floor", "surface", "hung", "ceiling"}


@pytest.mark.parametrize(("part", "numbers"), [("fit", range(9)), ("validate", [9])])
def test_every_tenth_room_validates(rendered: Path, part: str, numbers: range | list[int]) -> None:
    masks, classes = open_rooms(rendered, part), open_rooms_classes(rendered, part)
    assert masks.ids == classes.ids == [f"{number:05d}_0" for number in numbers]
    assert masks.name == classes.name == f"rooms/{part}"
    for mask, labels in zip(masks, classes, strict=True):
        assert (mask.rgb == labels.rgb).all()
        assert ((mask.mask == 1) == (labels.mask == 40)).all()
        assert ((mask.mask == 0) == (labels.mask == 2)).all()


@pytest.fixture
def rooms(rendered: Path, tmp_path: Path) -> Path:
    """Copy of the rendered rooms that a test may change."""
    return shutil.copytree(rendered, tmp_path / "rooms")


def test_a_room_without_its_description_is_left_out(rooms: Path) -> None:
    (rooms / "rooms/00003.json").unlink()
    assert "00003_0" not in open_rooms(rooms, "fit").ids
    assert len(open_rooms_classes(rooms, "fit")) == 8


def test_a_room_s_part_goes_by_the_last_digit_and_all_its_views_go_along(rooms: Path) -> None:
    for kind, ending in (("rgb", "jpg"), ("mask", "png"), ("label", "png")):
        shutil.copy(rooms / kind / f"00003_0.{ending}", rooms / kind / f"00003_1.{ending}")
        shutil.copy(rooms / kind / f"00003_0.{ending}", rooms / kind / f"00119_2.{ending}")
        shutil.copy(rooms / kind / f"00003_0.{ending}", rooms / kind / f"00090_0.{ending}")
    for number in ("00119", "00090"):
        (rooms / f"rooms/{number}.json").write_text("{}")
    assert open_rooms(rooms, "validate").ids == ["00009_0", "00119_2"]
    assert open_rooms(rooms, "fit").ids[3:5] == ["00003_0", "00003_1"]
    assert open_rooms(rooms, "fit").ids[-1] == "00090_0"


@pytest.mark.parametrize("open_part", [open_rooms, open_rooms_classes])
def test_what_has_no_such_rooms_is_refused_with_what_to_do(rooms: Path, tmp_path: Path, open_part) -> None:
    with pytest.raises(DatasetError, match="rooms have no part 'test'; they have fit, validate"):
        open_part(rooms, "test")
    with pytest.raises(
        DatasetError, match=f"{tmp_path}/empty has 0 complete rooms, none of them to fit; .*bgflow room"
    ):
        open_part(tmp_path / "empty", "fit")
    (rooms / "rooms/00009.json").unlink()
    with pytest.raises(DatasetError, match=r"has 9 complete rooms, none of them to validate; .* at least ten rooms"):
        open_part(rooms, "validate")
    (rooms / "rgb/00000_0.jpg").unlink()
    with pytest.raises(DatasetError, match=r"1 of 9 ids have no image in .*rgb; the first is '00000_0'"):
        open_part(rooms, "fit")


def test_without_blender_the_command_says_how_to_get_it_and_makes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "bpy", None)
    assert main(["rooms", "--out", str(tmp_path / "out")]) == 2
    errors = capsys.readouterr().err
    assert errors.splitlines() == [
        "bgflow rooms: needs Blender's module bpy: with Python 3.11, pip install 'bgflow[render]'"
    ]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "kinds"), [("--textures", ".jpg or .jpeg or .png"), ("--meshes", ".obj or .stl or .ply")]
)
def test_a_folder_of_surfaces_or_shapes_that_has_none_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, kinds: str
) -> None:
    (tmp_path / "notes.txt").touch()
    assert main(["rooms", "--out", str(tmp_path / "out"), option, str(tmp_path)]) == 2
    errors = capsys.readouterr().err
    assert f"{option} is {tmp_path}, which has no {kinds}; expected a folder with some" in errors
    assert not (tmp_path / "out").exists()


def defined() -> dict[str, list[tuple[str, int, str]]]:
    """Name, label and place of the families in each file of the generator, read without Blender."""
    found: dict[str, list[tuple[str, int, str]]] = {}
    for path in sorted((ROOMS / "furniture").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "make_family":
                found.setdefault(path.stem, []).append(tuple(ast.literal_eval(part) for part in node.args[:3]))
    return found


def test_every_family_is_foreground_of_a_known_class_and_stands_in_a_known_place() -> None:
    families = [family for file in defined().values() for family in file]
    assert len(families) > 100
    for name, label, place in families:
        assert 0 < label <= CLASSES, name
        assert label not in BACKGROUND_CLASSES, name
        assert place in PLACES, name


def test_the_uses_of_rooms_name_families_that_there_are() -> None:
    names = {name for families in defined().values() for name, _, _ in families}
    assert SHARES.keys() == USES.keys()
    for use in USES.values():
        assert use.families <= names
        assert 0 <= use.tiled <= 1


def test_no_training_room_holds_a_family_that_is_kept_for_novel_ones() -> None:
    files = defined()
    novel = {name for name, _, _ in files.pop("novel")}
    assert novel
    assert not novel & {name for file in files.values() for name, _, _ in file}


def test_a_family_has_what_the_stage_needs_and_never_changes() -> None:
    family = Family("stool", 5, "floor", lambda builder, rng: (0.4, 0.4, 0.5))
    assert [field.name for field in fields(Family)] == ["name", "label", "place", "build", "supports"]
    assert not family.supports
    with pytest.raises(FrozenInstanceError):
        family.label = 1


@given(st.floats(0.6, 1.8), sizes)
@settings(deadline=None)
def test_a_lens_without_distortion_leaves_every_pixel_where_it_is(fov: float, size: tuple[int, int]) -> None:
    lens = Lens(fov, 0.0)
    x, y = lens.maps(size)
    assert x.shape == y.shape == size[::-1]
    assert np.abs(x - np.arange(size[0])).max() < 0.01
    assert np.abs(y - np.arange(size[1])[:, None]).max() < 0.01
    assert lens.focal(size) == lens.rendered_focal(size[0])
    assert 2 * math.atan(size[0] / 2 / lens.focal(size)) == pytest.approx(fov)


def distorting(seed: int, size: tuple[int, int]) -> tuple[Lens, tuple[int, int]]:
    """Random lens with distortion, and the size of the image."""
    rng = random.Random(seed)
    while not (lens := sample_lens(size, rng)).k1:
        pass
    return lens, size


@given(st.builds(distorting, seeds, sizes))
@settings(deadline=None)
def test_a_distorted_picture_shows_only_what_was_rendered(drawn: tuple[Lens, tuple[int, int]]) -> None:
    lens, size = drawn
    for places, length in zip(lens.maps(size), size, strict=True):
        assert places.min() >= -0.5
        assert places.max() <= length - 0.5


@given(st.builds(distorting, seeds, sizes))
@settings(deadline=None)
def test_maps_undo_the_lens_s_distortion(drawn: tuple[Lens, tuple[int, int]]) -> None:
    lens, size = drawn
    middle = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    straight = (np.stack(lens.maps(size), -1) - middle) / lens.rendered_focal(size[0])
    pixels = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1])), -1) - middle
    distorted = straight * (1 + lens.k1 * (straight**2).sum(-1, keepdims=True))
    assert np.abs(distorted * lens.focal(size) - pixels).max() < 0.01


@given(seeds, sizes)
@settings(deadline=None)
def test_lenses_are_drawn_between_narrow_and_wide(seed: int, size: tuple[int, int]) -> None:
    lens = sample_lens(size, random.Random(seed))
    assert math.radians(45) <= lens.fov <= math.radians(100)
    assert -0.3 <= lens.k1 <= 0.1


angles = st.floats(-3, 3)


@given(angles, st.floats(-1.5, 1.5), angles)
@settings(deadline=None)
def test_a_camera_s_pose_is_a_rotation_that_looks_where_it_says(yaw: float, pitch: float, roll: float) -> None:
    pose = Camera((1.0, 2.0, 3.0), yaw, pitch, roll, Lens(1.0, 0.0)).pose()
    assert pose[:3, :3] @ pose[:3, :3].T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1)
    assert pose[:, 3].tolist() == [1, 2, 3, 1]
    assert pose[2, 2] == pytest.approx(math.sin(pitch))
    assert math.sin(yaw) * pose[0, 2] == pytest.approx(math.cos(yaw) * pose[1, 2])


@given(seeds)
@settings(deadline=None)
def test_a_plan_is_a_closed_room_with_openings_inside_its_walls(seed: int) -> None:
    plan = sample_plan(random.Random(seed))
    corner = np.array(plan.outline)
    x, y = corner.T
    assert (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() < 0, "clockwise"
    assert 2.2 <= plan.height <= 4.0
    for wall, following in zip(plan.walls, plan.walls[1:] + plan.walls[:1], strict=True):
        assert wall.at(wall.length) == pytest.approx(following.start)
        middle = wall.at(wall.length / 2, -0.01)
        assert plan.inside(*middle), "-y points into the room"
        holes = sorted(wall.openings, key=lambda hole: hole.left)
        assert all(first.right < second.left for first, second in pairwise(holes))
        for hole in holes:
            assert 0 < hole.left < hole.right < wall.length
            assert 0 <= hole.bottom < hole.top < plan.height
            assert hole.kind in ("window", "door", "arch")


@given(seeds)
@settings(deadline=None)
def test_a_spot_of_a_plan_lies_in_the_room_and_below_its_ceiling(seed: int) -> None:
    rng = random.Random(seed)
    plan = sample_plan(rng)
    x0, y0, x1, y1 = plan.bounds
    for _ in range(5):
        x, y = plan.random_point(rng)
        assert plan.inside(x, y)
        assert x0 <= x <= x1
        assert y0 <= y <= y1
        assert 0.7 <= plan.ceiling_at(x, y) <= plan.height
    assert not plan.inside(x1 + 0.1, y1)


@given(seeds)
@settings(deadline=None, max_examples=20)
def test_the_seed_decides_a_plan(seed: int) -> None:
    assert sample_plan(random.Random(seed)) == sample_plan(random.Random(seed))
    assert sample_plan(random.Random(seed)) != sample_plan(random.Random(seed + 1))


@given(seeds)
@settings(deadline=None, max_examples=40)
def test_what_stands_on_the_floor_stands_in_the_room_and_not_in_one_another(seed: int) -> None:
    rng = random.Random(seed)
    occupancy = Occupancy(sample_plan(rng))
    before = len(occupancy.footprints)
    for _ in range(20):
        size = rng.uniform(0.2, 1.5), rng.uniform(0.2, 1.5)
        spot, angle = occupancy.plan.random_point(rng), rng.uniform(0, 6)
        if occupancy.reserve_floor(spot, size, angle, 1.0):
            assert occupancy.contains(corners(spot, size, angle))
            assert not occupancy.reserve_floor(spot, size, angle, 1.0)
            assert not occupancy.is_free(*spot, 0.5, 0.05)
    shapes = [shape for shape, _ in occupancy.footprints[before:]]
    assert not any(overlap(first, second) for place, first in enumerate(shapes) for second in shapes[:place])


@given(seeds)
@settings(deadline=None, max_examples=40)
def test_a_camera_stands_free_in_the_room(seed: int) -> None:
    rng = random.Random(seed)
    occupancy = Occupancy(sample_plan(rng))
    camera = sample_camera(occupancy.plan, occupancy, sample_lens((64, 48), rng), None, rng)
    if camera is not None:
        x, y, z = camera.position
        assert occupancy.plan.inside(x, y)
        assert 0.15 <= z <= occupancy.plan.ceiling_at(x, y) - 0.3
        assert abs(camera.pitch) <= 0.61


@given(seeds)
@settings(deadline=None, max_examples=40)
def test_a_camera_near_a_top_hovers_above_it_in_the_room_and_looks_down(seed: int) -> None:
    rng = random.Random(seed)
    occupancy = Occupancy(sample_plan(rng))
    spot, size = occupancy.plan.random_point(rng), (rng.uniform(0.4, 2.0), rng.uniform(0.4, 1.0))
    top = SupportSurface((*spot, rng.uniform(0.4, 1.0)), rng.uniform(0, 6), size)
    camera = sample_close_up_camera(occupancy, [top], sample_lens((64, 48), rng), rng)
    if camera is not None:
        x, y, z = camera.position
        assert occupancy.plan.inside(x, y)
        assert top.middle[2] < z < occupancy.plan.ceiling_at(x, y)
        assert math.hypot(x - spot[0], y - spot[1]) < sum(size)
        assert camera.pitch < 0


@given(seeds)
@settings(deadline=None, max_examples=40)
def test_a_room_behind_a_hole_lies_outside_and_meets_the_hole(seed: int) -> None:
    rng = random.Random(seed)
    plan = sample_plan(rng)
    for wall in plan.walls:
        for hole in wall.openings:
            if hole.annex:
                annex = sample_annex(plan, wall, hole, rng)
                spot = annex.random_point(rng)
                assert annex.inside(*wall.at((hole.left + hole.right) / 2, 0.3))
                assert not plan.inside(*spot)
                [door] = annex.walls[3].openings
                middle = annex.walls[3].at((door.left + door.right) / 2)
                assert math.dist(middle, wall.at((hole.left + hole.right) / 2, 0.22)) < 1e-6
                for window in annex.walls[1].openings:
                    assert 0 < window.left < window.right < annex.walls[1].length
                    assert 0 < window.bottom < window.top < annex.height


@pytest.mark.parametrize("light", [0.0, 1e-6, 0.5, 1e6, math.inf, math.nan, -1.0])
def test_any_light_becomes_a_picture(light: float) -> None:
    rendered = np.full((48, 64, 3), 0.2, np.float32)
    rendered[:24] = light
    for seed in range(8):
        rgb = develop(rendered, random.Random(seed))
        assert rgb.shape == (48, 64, 3)
        assert rgb.dtype == np.uint8
        assert (rgb == develop(rendered, random.Random(seed))).all()


def test_a_picture_s_file_keeps_its_colours() -> None:
    rgb = np.full((32, 32, 3), (200, 100, 50), np.uint8)
    decoded = cv2.imdecode(np.frombuffer(encode_jpeg(rgb, random.Random(0)), np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(decoded[..., ::-1].astype(int) - rgb).max() < 5


def test_a_rendered_room_s_masks_labels_and_depth_agree_and_it_is_rendered_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("bpy", reason="needs Blender, the render extra")
    command = ["--rooms", "1", "--views", "1", "--size", "64", "48", "--samples", "1", "--threads", "1"]
    monkeypatch.setattr(sys, "argv", ["python", "rooms", "--out", str(tmp_path), *command])
    assert render() == 0
    files = {path.relative_to(tmp_path): path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    names = ["depth/00000_0.png", "label/00000_0.png", "mask/00000_0.png", "rgb/00000_0.jpg", "rooms/00000.json"]
    assert sorted(map(str, files)) == names
    depth, label, mask, rgb = (cv2.imread(str(tmp_path / name), cv2.IMREAD_UNCHANGED) for name in names[:4])
    assert rgb.shape == (48, 64, 3)
    assert depth.shape == label.shape == mask.shape == (48, 64)
    assert (depth.dtype, label.dtype, mask.dtype) == (np.uint16, np.uint8, np.uint8)
    assert label.max() <= CLASSES
    assert set(np.unique(mask)) <= {0, 1, 255}
    assert ((mask == 0) == np.isin(label, BACKGROUND_CLASSES)).all()
    assert ((mask == 255) == (label == 0)).all()
    assert (mask == 0).any()
    assert (depth[mask == 1] > 0).all(), "every thing is somewhere"
    assert (depth[label == 0] == 0).all()
    assert rgb.std() > 0
    [view] = json.loads((tmp_path / names[4]).read_text())["views"]
    assert view["foreground"] == pytest.approx((mask == 1).mean())
    assert open_rooms(tmp_path, "fit").ids == open_rooms_classes(tmp_path, "fit").ids == [view["name"]]
    assert (open_rooms(tmp_path, "fit")[0].mask == mask).all()

    monkeypatch.setattr("bgflow_rooms.render.generate.build_room", lambda *_: pytest.fail("built again"))
    assert render() == 0
    again = {path.relative_to(tmp_path): path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert again == files


def test_surfaces_and_shapes_of_the_user_s_are_in_the_rooms(tmp_path: Path) -> None:
    bpy = pytest.importorskip("bpy", reason="needs Blender, the render extra")
    from bgflow_rooms.furniture.imported import imported_families
    from bgflow_rooms.render.generate import RoomSettings, build_room

    texture, shape = tmp_path / "wall.png", tmp_path / "thing.obj"
    cv2.imwrite(str(texture), np.full((8, 8, 3), 200, np.uint8))
    shape.write_text("v 0 0 0\nv 2 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n")
    plain = build_room(RoomSettings(tmp_path), random.Random(0), tmp_path)
    assert "textures" not in plain.choices
    assert not list(bpy.data.images)
    room = build_room(RoomSettings(tmp_path, textures=(texture,), meshes=(shape,)), random.Random(0), tmp_path)
    assert room.choices["textures"]["files"] == 1
    assert room.choices["meshes"] == ["thing.obj"]
    assert [image.name for image in bpy.data.images] == ["wall.png"]
    for family, (least, most) in zip(imported_families([shape]), [(0.06, 0.35), (0.3, 1.3)], strict=True):
        piece = room.scene.build_piece(family, family.label, random.Random(1))
        assert sum(len(thing.data.vertices) for thing in piece.objects if thing.type == "MESH") == 4
        # Turned about the vertical axis, the box around a thing is up to the square root of two larger.
        assert least / 2 < max(piece.size) <= math.sqrt(2) * most
