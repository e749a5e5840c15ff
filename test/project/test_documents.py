# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Links, paths, generated tables, the picture, and the README's example and figures."""

from __future__ import annotations

import argparse
import re
import runpy
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
import yaml

from bgflow_ros.segmentation.model import DEFAULT_MODEL

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "doc").glob("*.md"), ROOT / "docker" / "README.md"])
FOLDERS = ("bgflow_ros", "bgflow_rooms", "bgflow_train", "config", "demo", "doc", "docker", "launch", "models")
PLACES = (*FOLDERS, "requirements", "results", "scripts", "test")
PATH = re.compile(r"`((?:[\w-]+/)+(?:[\w-]+\.(?:py|sh|md|yaml|xml|json|jpg|svg|png|txt))?)`")
FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|(?<!run) |/)bgflow\s+(?!bgflow)([a-z]+)(?=\s|$)([^#\n]*)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """Anchors that a page has on a code host as well as in the site, which make them of headings differently."""
    titles = [
        re.sub(r"[^\w\s-]", "", re.sub(r"\]\(.*?\)", "]", title)).strip().lower()
        for title in HEADING.findall(prose(path))
    ]
    return {title.replace(" ", "-") for title in titles} & {re.sub(r"[-\s]+", "-", title) for title in titles}


def code(path: Path) -> list[str]:
    """Lines of the blocks of code of a page, and what its prose quotes."""
    text = path.read_text(encoding="utf-8")
    lines = [line for block in FENCE.finditer(text) for line in block[0].splitlines()[1:-1]]
    return lines + [" ".join(quoted.split()) for quoted in re.findall(r"`([^`]+)`", FENCE.sub("", text))]


def committed(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if link.startswith(("http:", "https:")):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_that_is_named_exists(page: Path) -> None:
    for name in PATH.findall(prose(page)):
        first = name.split("/")[0]
        if first in PLACES:
            assert (ROOT / name).exists(), name
        elif page.name == "architecture.md":  # below the package that the section names
            assert any((ROOT / package / name).exists() for package in ("bgflow_ros", "bgflow_train")), name


@pytest.mark.parametrize("page", [*PAGES, ROOT / "results" / "speed.md"], ids=name_of)
def test_every_command_has_the_options_that_are_shown(page: Path) -> None:
    verbs = {entry.name: entry for entry in entry_points(group="bgflow.verbs")}
    for verb, rest in (command.groups() for line in code(page) for command in COMMAND.finditer(line)):
        if "train" not in verbs and verb not in verbs:
            continue  # colcon installs what runs on the robot
        assert verb in verbs, f"bgflow {verb}"
        parser = argparse.ArgumentParser()
        verbs[verb].load().add_arguments(parser)
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                parser = action.choices.get((rest.split() or [""])[0], parser)
        for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", rest):
            assert option in parser._option_string_actions, f"bgflow {verb} {option}"


@pytest.mark.parametrize("package", ["bgflow_ros", "bgflow_train"])
def test_the_architecture_names_every_folder(package: str) -> None:
    page = (ROOT / "doc" / "architecture.md").read_text(encoding="utf-8")
    for folder in (path.parent for path in (ROOT / package).glob("*/__init__.py")):
        assert f"| `{name_of(folder)}/` |" in page


def test_the_picture_of_the_architecture_is_that_of_the_imports() -> None:
    picture = runpy.run_path(str(ROOT / "doc" / "house_picture.py"))
    assert (ROOT / "doc" / "house.svg").read_text(encoding="utf-8") == picture["draw"](), "run scripts/doc --update"


def test_the_tables_of_the_node_are_those_of_its_declarations() -> None:
    pytest.importorskip("rclpy", reason="needs rclpy, from ROS or its wheels")
    tables = runpy.run_path(str(ROOT / "doc" / "node_tables.py"))
    page = (ROOT / "doc" / "node.md").read_text(encoding="utf-8")
    assert page == tables["filled"](page), "run scripts/doc --update"
    for output in tables["OUTPUTS"]:
        assert f"`/segmenter/{output.name}`" in README or output.name == "static_depth/camera_info"


def test_every_page_has_its_place_in_the_site() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in (ROOT / "doc").glob("*.md"):
        assert len(re.findall(rf"\b{re.escape(name_of(page))}$", text, re.MULTILINE)) == 1


def test_the_readme_is_short() -> None:
    assert len(README.split()) < 900


def test_the_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    cv2.imwrite(str(tmp_path / "room.jpg"), np.full((48, 64, 3), 90, np.uint8))
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(code, names)
    for mask in (names["segmentation"].likelihood, names["segmentation"].foreground, names["segmentation"].static):
        assert mask.shape == (48, 64)


def test_the_readme_says_how_good_the_packaged_model_is() -> None:
    measured = committed(f"models/{DEFAULT_MODEL}/manifest.yaml")["metrics"]["nyu/balanced"]
    numbers = measured["metrics"]
    said = (
        f"On {measured['pictures']} balanced test images of NYU Depth v2 the packaged model has an AUROC of "
        f"{numbers['auroc']:.3f}, an AP of {100 * numbers['ap']:.1f} % and an FPR95 of {100 * numbers['fpr95']:.1f} %"
    )
    assert said in " ".join(README.split())


def test_the_linters_are_pinned_once() -> None:
    pins = set(
        re.findall(r"^ruff==.*$", (ROOT / "requirements" / "lint.txt").read_text(encoding="utf-8"), re.MULTILINE)
    )
    hooks = [hook for repository in committed(".pre-commit-config.yaml")["repos"] for hook in repository["hooks"]]
    assert {pin for hook in hooks for pin in hook.get("additional_dependencies", [])} == pins


def test_the_citation_is_of_this_version() -> None:
    citation = committed("CITATION.cff")
    assert citation["version"] == ElementTree.parse(ROOT / "package.xml").getroot().findtext("version")
    assert citation["references"][0]["title"] in README.replace("\n", " ")
