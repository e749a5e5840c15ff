# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Procedural materials: every pattern is computed by texture nodes.

Colours are sRGB '#rrggbb', lengths are in metres.
"""

from __future__ import annotations

from typing import Any

import bpy


def linear(color: str) -> tuple[float, ...]:
    """Linear RGBA of an sRGB colour '#rrggbb'."""
    values = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return *((v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4) for v in values), 1.0


class Graph:
    """Material under construction and its node tree."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()

    def node(self, kind: str, inputs: dict[Any, Any], **settings: Any) -> Any:
        """Add a node; `inputs` maps names or indices of its sockets to values or to sockets of other nodes."""
        node = self.tree.nodes.new("ShaderNode" + kind)
        for name, value in settings.items():
            setattr(node, name, value)
        for name, value in inputs.items():
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, node.inputs[name])
            else:
                node.inputs[name].default_value = value
        return node

    def coordinates(self, scale: tuple[float, ...] = (1, 1, 1), world: bool = False) -> Any:
        """Texture coordinates in metres, of the object or of the world, times `scale`."""
        if world:
            source = self.node("NewGeometry", {}).outputs["Position"]
        else:
            source = self.node("TexCoord", {}).outputs["Object"]
        return self.node("Mapping", {"Vector": source, "Scale": scale}).outputs[0]

    def noise(self, vector: Any, scale: float, detail: float = 4.0, rough: float = 0.5, distortion: float = 0.0) -> Any:
        """Fractal noise around 0.5."""
        inputs = {
            "Vector": vector,
            "Scale": scale,
            "Detail": detail,
            "Roughness": rough,
            "Distortion": distortion,
        }
        return self.node("TexNoise", inputs).outputs[0]

    def math(self, operation: str, a: Any, b: Any) -> Any:
        """Result of an arithmetic operation on two numbers."""
        return self.node("Math", {0: a, 1: b}, operation=operation).outputs[0]

    def bricks(
        self, vector: Any, size: tuple[float, float], *, joint: float, smooth: float, mortar: float, offset: float
    ) -> tuple[Any, Any]:
        """Random tone of each brick of a pattern, and a mask that is 1 in the joints."""
        inputs = {
            "Vector": vector,
            "Color1": (0, 0, 0, 1),
            "Color2": (1, 1, 1, 1),
            "Mortar": (mortar, mortar, mortar, 1),
            "Scale": 1.0,
            "Mortar Size": joint,
            "Mortar Smooth": smooth,
            "Brick Width": size[0],
            "Row Height": size[1],
        }
        tone, gap = self.node("TexBrick", inputs, offset=offset).outputs
        return tone, gap

    def ramp(self, factor: Any, *colors: str, low: float = 0.0, high: float = 1.0, steps: bool = False) -> Any:
        """Colours spread evenly over `factor` from `low` to `high`, blended or in steps."""
        node = self.node("ValToRGB", {0: factor})
        node.color_ramp.interpolation = "CONSTANT" if steps else "LINEAR"
        elements = node.color_ramp.elements
        while len(elements) < len(colors):
            elements.new(0.5)
        gaps = len(colors) if steps else max(len(colors) - 1, 1)
        for i, color in enumerate(colors):
            elements[i].position = low + (high - low) * i / gaps
            elements[i].color = linear(color)
        return node.outputs["Color"]

    def multiply(self, color: Any, other: Any, amount: float = 1.0) -> Any:
        """Product of two colours."""
        node = self.node("MixRGB", {0: amount, 1: color, 2: other}, blend_type="MULTIPLY")
        return node.outputs[0]

    def finish(self, shader: Any) -> Any:
        """Connect the surface shader and return the material."""
        self.node("OutputMaterial", {"Surface": shader.outputs[0]})
        return self.material

    def principled(
        self, color: Any, roughness: Any = 0.5, height: Any = None, relief: float = 0.001, **inputs: Any
    ) -> Any:
        """Finish with a principled surface; `height` is a texture from 0 to 1, `relief` its depth."""
        values = {"Base Color": linear(color) if isinstance(color, str) else color, "Roughness": roughness}
        values |= {name.replace("_", " "): value for name, value in inputs.items()}
        if height is not None:
            values["Normal"] = self.node("Bump", {"Height": height, "Distance": relief}).outputs[0]
        return self.finish(self.node("BsdfPrincipled", values))


class Look:
    """Look of a surface: colour ('#rrggbb' or a socket), roughness, height (0 to 1, times `relief` in metres)."""

    def __init__(self, color: Any, rough: Any = 0.6, height: Any = None, relief: float = 0.001) -> None:
        self.color = linear(color) if isinstance(color, str) else color
        self.rough, self.height, self.relief = rough, height, relief


def plain(color: str, roughness: float = 0.5, metallic: float = 0.0, coat: float = 0.0) -> Any:
    """One colour: plastic, metal, ceramic, lacquer."""
    return Graph("plain").principled(color, roughness, Metallic=metallic, Coat_Weight=coat)


def paint(color: str) -> Any:
    """Wall paint put on with a roller: faint relief, faint clouds."""
    g = Graph("paint")
    at = g.coordinates(world=True)
    clouds = g.ramp(g.noise(at, 1.3, 2.0), "#ececec", "#ffffff", low=0.3, high=0.6)
    return g.principled(g.multiply(linear(color), clouds), 0.7, g.noise(at, 70.0, 1.0), 0.0018)


def planks(length: float = 1.5, width: float = 0.15) -> Any:
    """Floor of oak planks along y, each with its own tone and grain."""
    g = Graph("planks")
    position = g.node("NewGeometry", {}).outputs["Position"]
    at = g.node("Mapping", {"Vector": position, "Rotation": (0, 0, 1.5707963)}).outputs[0]
    tone, gap = g.bricks(at, (length, width), joint=0.0016, smooth=0.3, mortar=0.0, offset=0.37)
    shift = g.node("VectorMath", {0: at, 1: g.math("MULTIPLY", tone, 37.0)}, operation="ADD").outputs[0]
    along = g.node("Mapping", {"Vector": shift, "Scale": (1.2, 22.0, 1.0)}).outputs[0]
    grain = g.noise(along, 1.6, 4.0, 0.65, 0.6)
    fibre = g.noise(g.node("Mapping", {"Vector": at, "Scale": (6.0, 200.0, 1.0)}).outputs[0], 1.0, 1.0)
    color = g.ramp(grain, "#8f6640", "#b98d5e", "#d0ad80", low=0.25, high=0.75)
    color = g.multiply(color, g.ramp(tone, "#c4bab2", "#ffffff"))
    color = g.multiply(color, g.ramp(fibre, "#d2c9c0", "#ffffff", low=0.3, high=0.6))
    color = g.multiply(color, g.ramp(gap, "#ffffff", "#2a1c12"))
    rough = g.math("ADD", g.math("MULTIPLY", grain, 0.22), 0.27)
    return g.principled(color, rough, fibre, 0.0006)


def wood(dark: str, light: str, axis: int = 0, roughness: float = 0.4) -> Any:
    """Furniture wood with the grain along a local axis (0, 1, 2)."""
    g = Graph("wood")
    scale = [18.0, 18.0, 18.0]
    scale[axis] = 1.2
    grain = g.noise(g.coordinates(tuple(scale)), 1.0, 3.0, 0.6, 1.0)
    return g.principled(g.ramp(grain, dark, light, low=0.3, high=0.7), roughness)


def fabric(color: str, thread: float = 0.003) -> Any:
    """Coarse cloth; `thread` is the width of a thread."""
    g = Graph("fabric")
    at = g.coordinates()
    wear = g.ramp(g.noise(at, 6.0, 2.0), "#d4d4d4", "#ffffff", low=0.3, high=0.65)
    weave = g.noise(at, 0.5 / thread, 1.0)
    speck = g.ramp(weave, "#b4b4b4", "#ffffff", low=0.3, high=0.6)
    return g.principled(g.multiply(g.multiply(linear(color), wear), speck), 0.95, weave, 0.002)


def carpet(colors: tuple[str, ...]) -> Any:
    """Rug with a pattern of bands and lozenges."""
    g = Graph("carpet")
    at = g.coordinates()
    x, y = g.node("SeparateXYZ", {0: at}).outputs[:2]
    fold = g.math("PINGPONG", x, 0.2)
    cell = g.math("ADD", fold, g.math("PINGPONG", y, 0.2))
    color = g.ramp(g.math("DIVIDE", cell, 0.4), *colors, steps=True)
    pile = g.noise(at, 220.0, 1.0)
    color = g.multiply(color, g.ramp(pile, "#8c8c8c", "#ffffff", low=0.3, high=0.65))
    return g.principled(color, 1.0, pile, 0.005)


def gores(*colors: str) -> Any:
    """Stripes from pole to pole about the local z axis, shiny rubber."""
    g = Graph("gores")
    turn = g.node("TexGradient", {"Vector": g.coordinates()}, gradient_type="RADIAL").outputs[1]
    return g.principled(g.ramp(turn, *colors, steps=True), 0.28, Coat_Weight=0.3)


def canvas(seed: float, *colors: str) -> Any:
    """Abstract painting: cut and washed patches of colour."""
    g = Graph("canvas")
    at = g.node("Mapping", {"Vector": g.node("TexCoord", {}).outputs["Object"], "Location": (seed, seed, seed)})
    wash = g.noise(at.outputs[0], 2.2, 3.0, 0.4, 1.5)
    color = g.ramp(wash, *colors, low=0.3, high=0.75, steps=True)
    stroke = g.noise(at.outputs[0], 45.0, 2.0)
    return g.principled(g.multiply(color, g.ramp(stroke, "#b5b5b5", "#ffffff", low=0.3, high=0.6)), 0.7, stroke)


def cardboard() -> Any:
    """Brown corrugated board."""
    g = Graph("cardboard")
    at = g.coordinates()
    flute = g.node("TexWave", {"Vector": at, "Scale": 45.0}, bands_direction="Z").outputs[1]
    return g.principled(g.ramp(g.noise(at, 9.0), "#99744a", "#b98f5f", low=0.3, high=0.7), 0.85, flute, 0.0005)


def foliage(dark: str, light: str, scale: float = 30.0) -> Any:
    """Leaves, or a lawn and trees seen from afar."""
    g = Graph("foliage")
    return g.principled(g.ramp(g.noise(g.coordinates(), scale), dark, light, low=0.35, high=0.65), 0.5)


def glow(color: str, strength: float) -> Any:
    """Emitter of one colour."""
    g = Graph("glow")
    g.material.cycles.emission_sampling = "NONE"  # it looks bright; a lamp beside it lights the room
    return g.finish(g.node("Emission", {"Color": linear(color), "Strength": strength}))


def glass(mirrored: float) -> Any:
    """Window pane that transmits light and mirrors a part of it, which is visible at night."""
    g = Graph("glass")
    through, back = g.node("BsdfTransparent", {}), g.node("BsdfGlossy", {"Roughness": 0.0})
    return g.finish(g.node("MixShader", {0: mirrored, 1: through.outputs[0], 2: back.outputs[0]}))


def lampshade(color: str) -> Any:
    """Paper or cloth that lets light through."""
    g = Graph("lampshade")
    outside = g.node("BsdfDiffuse", {"Color": linear(color)})
    inside = g.node("BsdfTranslucent", {"Color": linear(color)})
    return g.finish(g.node("MixShader", {0: 0.6, 1: outside.outputs[0], 2: inside.outputs[0]}))


def geometry() -> Any:
    """Ground truth as emission: depth along the optical axis in red, pass index in green, object number in blue."""
    g = Graph("exact")
    depth = g.node("CameraData", {}).outputs["View Z Depth"]
    thing = g.node("ObjectInfo", {}).outputs
    number = g.node("SeparateXYZ", {0: thing["Color"]}).outputs[0]
    values = g.node("CombineXYZ", {0: depth, 1: thing["Object Index"], 2: number})
    return g.finish(g.node("Emission", {"Color": values.outputs[0], "Strength": 1.0}))
