# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Draw doc/house.svg from the imports of the sources: python doc/house_picture.py.

A box is a folder, or a file beside the folders, of one of the three packages. It stands one floor above the highest
box that it imports. Inside a package an arrow that follows from others is left out: where A imports B and B imports
C, there is none from A to C. Between packages all imports of one box are one arrow.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"bgflow_rooms": "#fff3dc", "bgflow_ros": "#e3f1e4", "bgflow_train": "#e4ecf9"}
"""The packages from left to right, with the colours of their boxes."""
TITLES = {"bgflow_rooms": "renders rooms", "bgflow_ros": "runs on the robot", "bgflow_train": "makes models"}
WIDTH, HEIGHT, COLUMN, FLOOR, GAP = 108, 32, 384, 64, 8
SIDE = 174
"""Pixels: a box, from one package to the next, from one floor to the next, between boxes of one
floor, half a house."""

Arrows = set[tuple[str, str]]


def part_of(module: str) -> str:
    """Name of the folder or file of a package that a module belongs to."""
    return ".".join(module.split(".")[:2])


def is_part(name: str) -> bool:
    """Tell a part from another package, and from what a package's __init__.py holds itself."""
    path = ROOT / name.replace(".", "/")
    return name.partition(".")[0] in PACKAGES and "." in name and (path.is_dir() or path.with_suffix(".py").is_file())


def imported(path: Path) -> Iterable[str]:
    """Modules of the three packages that a file imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module in PACKAGES:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        yield from (name for name in names if is_part(part_of(name)))


def arrows() -> Arrows:
    """Imports from each part to each other part."""
    found: Arrows = set()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            here = part_of(module.removesuffix(".__init__"))
            if here not in PACKAGES:
                found.update((here, part_of(name)) for name in imported(path) if part_of(name) != here)
    return found


def floors(found: Arrows, package: str) -> list[list[str]]:
    """Parts of a package by floor, the lowest first."""
    below: dict[str, set[str]] = {}
    for pair in found:
        for name in pair:
            if name.startswith(f"{package}."):
                below.setdefault(name, set())
        if pair[0] in below and pair[1] in below:
            below[pair[0]].add(pair[1])
    level: dict[str, int] = {}
    for name in TopologicalSorter(below).static_order():
        level[name] = 1 + max((level[other] for other in below[name]), default=-1)
    # What other packages import stands on the right, so that the arrow to it crosses no box.
    outside = {end for _, end in between(found)}
    ordered = sorted(level, key=lambda name: (name in outside, name))
    return [[name for name in ordered if level[name] == number] for number in range(1 + max(level.values()))]


def reduced(found: Arrows) -> Arrows:
    """Arrows inside of packages, without those that follow from others."""
    inner = {(start, end) for start, end in found if start.split(".")[0] == end.split(".")[0]}

    @cache
    def reach(name: str) -> frozenset[str]:
        nexts = {end for start, end in inner if start == name}
        return frozenset(nexts.union(*map(reach, nexts)))

    return {
        (start, end)
        for start, end in inner
        if not any(end in reach(other) for first, other in inner if first == start and other != end)
    }


def between(found: Arrows) -> Arrows:
    """Arrows from a package to the parts of others."""
    return {(start.split(".")[0], end) for start, end in found if start.split(".")[0] != end.split(".")[0]}


def draw() -> str:
    """Render the picture as SVG."""
    found = arrows()
    houses = {package: floors(found, package) for package in PACKAGES}
    highest = max(map(len, houses.values()))
    place: dict[str, tuple[float, float]] = {}
    frames, lines, shapes = [], [], []
    for column, (package, house) in enumerate(houses.items()):
        middle = COLUMN * (column + 0.5)
        # Half a floor lower on the sides, so that an arrow past the middle crosses no box.
        bottom = 70 + FLOOR * highest - (column % 2) * FLOOR / 2
        top = bottom - FLOOR * len(house) - 44
        frames.append(
            f'<rect x="{middle - SIDE:g}" y="{top:g}" width="{2 * SIDE}" height="{bottom - top:g}" rx="8" '
            'fill="#fafafa" stroke="#999"/>'
        )
        frames.append(f'<text x="{middle:g}" y="{top + 18:g}" font-weight="bold">{package}</text>')
        frames.append(f'<text x="{middle:g}" y="{top + 34:g}" fill="#666">{TITLES[package]}</text>')
        for floor, names in enumerate(house):
            for place_of, name in enumerate(names):
                x = middle + (place_of - (len(names) - 1) / 2) * (WIDTH + GAP)
                y = bottom - FLOOR * (floor + 0.5)
                place[name] = x, y
                shapes.append(
                    f'<rect x="{x - WIDTH / 2:g}" y="{y - HEIGHT / 2:g}" width="{WIDTH}" height="{HEIGHT}" rx="5" '
                    f'fill="{PACKAGES[package]}" stroke="#555"/>'
                )
                shapes.append(f'<text x="{x:g}" y="{y + 5:g}">{name.split(".")[1].strip("_")}</text>')
    for start, end in sorted(reduced(found)):
        (x0, y0), (x1, y1) = place[start], place[end]
        y0, y1 = y0 + HEIGHT / 2, y1 - HEIGHT / 2 - 3
        bend = (y1 - y0) / 2
        lines.append(f'<path d="M{x0:g} {y0:g} C{x0:g} {y0 + bend:g} {x1:g} {y1 - bend:g} {x1:g} {y1:g}"/>')
    for package, end in sorted(between(found)):
        x1, y1 = place[end]
        own = COLUMN * (list(PACKAGES).index(package) + 0.5)
        side = 1 if own > x1 else -1
        x0, x1 = own - side * SIDE, x1 + side * (WIDTH / 2 + 3)
        bend = 30 * side
        lines.append(
            f'<path class="far" d="M{x0:g} {y1 - 14:g} C{x0 - bend:g} {y1:g} {x1 + bend:g} {y1:g} {x1:g} {y1:g}"/>'
        )
    size = f"{COLUMN * len(PACKAGES)} {90 + FLOOR * highest}"
    style = (
        "text{font:13px 'DejaVu Sans',sans-serif;text-anchor:middle;fill:#222}"
        "path{fill:none;stroke:#555;stroke-width:1.3;marker-end:url(#head)}"
        ".far{stroke:#b04a2f;stroke-dasharray:5 3}"
    )
    head = '<marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img">',
            "<title>Packages of bgflow, their folders and who imports whom</title>",
            f"<style>{style}</style><defs>{head}",
            '<path d="M0 0L8 4L0 8z" style="fill:#555;stroke:none"/></marker></defs>',
            '<rect width="100%" height="100%" fill="#fff"/>',
            *frames,
            *lines,
            *shapes,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    (ROOT / "doc" / "house.svg").write_text(draw(), encoding="utf-8")
