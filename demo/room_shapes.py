# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Shapes from which the demo room is built. Lengths are in metres, angles in radians, z is up."""

import math

import bmesh
import bpy
import numpy as np
from mathutils import Vector


class Builder:
    """Makes objects in one collection, placed in one local frame."""

    def __init__(self, collection, frame=None):
        self.collection = collection
        self.frame = frame

    def at(self, position, turn=(0.0, 0.0, 0.0)):
        """Builder with a local frame at a position of this one, turned by Euler angles."""
        frame = bpy.data.objects.new("frame", None)
        frame.location, frame.rotation_euler, frame.parent = position, turn, self.frame
        self.collection.objects.link(frame)
        return Builder(self.collection, frame)

    def _place(self, bm, material, position, smooth):
        """Turn a bmesh into an object whose origin lies at a position."""
        mesh = bpy.data.meshes.new("shape")
        bmesh.ops.recalc_face_normals(bm, faces=bm.faces)
        bm.to_mesh(mesh)
        bm.free()
        for polygon in mesh.polygons:
            polygon.use_smooth = smooth
        mesh.materials.append(material)
        thing = bpy.data.objects.new("shape", mesh)
        thing.location, thing.parent = position, self.frame
        self.collection.objects.link(thing)
        return thing

    def surface(self, vertices, faces, material, position=(0, 0, 0), smooth=True):
        """Mesh from vertices and faces around a position."""
        bm = bmesh.new()
        corners = [bm.verts.new(v) for v in vertices]
        for face in faces:
            bm.faces.new([corners[i] for i in face])
        return self._place(bm, material, position, smooth)

    def grid(self, points, material, position=(0, 0, 0)):
        """Smooth sheet through points of shape rows x columns x 3."""
        rows, columns = points.shape[:2]
        faces = [
            (r * columns + c, r * columns + c + 1, (r + 1) * columns + c + 1, (r + 1) * columns + c)
            for r in range(rows - 1)
            for c in range(columns - 1)
        ]
        return self.surface(points.reshape(-1, 3).tolist(), faces, material, position)

    def box(self, foot, size, material, bevel=0.004):
        """Box with rounded edges; foot is the middle of its lower face."""
        bm = bmesh.new()
        bmesh.ops.create_cube(bm, size=1.0)
        bmesh.ops.scale(bm, vec=size, verts=bm.verts)
        if bevel:
            bmesh.ops.bevel(bm, geom=bm.edges[:], offset=bevel, segments=3, profile=0.5, affect="EDGES")
        thing = self._place(bm, material, Vector(foot) + Vector((0, 0, size[2] / 2)), bool(bevel))
        thing.modifiers.new("flat faces", "WEIGHTED_NORMAL")
        return thing

    def lathe(self, foot, profile, material, segments=40, smooth=True):
        """Body of revolution about the vertical through foot; profile lists (radius, height)."""
        turns = np.linspace(0, 2 * math.pi, segments, endpoint=False)
        vertices = [(r * math.cos(a), r * math.sin(a), z) for r, z in profile for a in turns]
        faces = [
            (
                k * segments + i,
                k * segments + (i + 1) % segments,
                (k + 1) * segments + (i + 1) % segments,
                (k + 1) * segments + i,
            )
            for k in range(len(profile) - 1)
            for i in range(segments)
        ]
        thing = self.surface(vertices, faces, material, foot, smooth)
        thing.modifiers.new("seam", "WELD")
        return thing

    def cylinder(self, foot, radius, height, material, edge=0.003):
        """Standing cylinder with rounded rims."""
        profile = [
            (0, 0),
            (radius - edge, 0),
            (radius, edge),
            (radius, height - edge),
            (radius - edge, height),
            (0, height),
        ]
        thing = self.lathe(foot, profile, material)
        thing.data.set_sharp_from_angle(angle=math.radians(40))
        return thing

    def rod(self, start, end, radius, material):
        """Round bar between two points."""
        way = Vector(end) - Vector(start)
        bm = bmesh.new()
        bmesh.ops.create_cone(bm, cap_ends=True, segments=16, radius1=radius, radius2=radius, depth=way.length)
        bmesh.ops.rotate(bm, matrix=Vector((0, 0, 1)).rotation_difference(way).to_matrix(), verts=bm.verts)
        thing = self._place(bm, material, (Vector(start) + Vector(end)) / 2, True)
        thing.data.set_sharp_from_angle(angle=math.radians(40))
        return thing

    def ball(self, center, radii, material):
        """Sphere or ellipsoid."""
        bm = bmesh.new()
        bmesh.ops.create_uvsphere(bm, u_segments=48, v_segments=24, radius=1.0)
        bmesh.ops.scale(bm, vec=radii, verts=bm.verts)
        return self._place(bm, material, center, True)

    def ring(self, center, radius, thickness, material):
        """Torus lying flat."""
        turns = np.linspace(0, 2 * math.pi, 49)
        around, across = np.meshgrid(turns, turns[::3], indexing="ij")
        reach = radius + thickness * np.cos(across)
        points = np.stack([reach * np.cos(around), reach * np.sin(around), thickness * np.sin(across)], -1)
        return self.grid(points, material, center)

    def pillow(self, center, size, material, turn=(0.0, 0.0, 0.0)):
        """Stuffed cushion, thin at its seam; size is width, depth and greatest thickness."""
        u = np.linspace(-1, 1, 25)
        x, y = np.meshgrid(u, u, indexing="ij")
        swell = np.sqrt(np.clip((1 - x**4) * (1 - y**4), 0, 1)) * 0.5
        pinch = 1 - 0.06 * (x**2 * (1 - y**2) + y**2 * (1 - x**2))  # the corners stand out
        frame = self.at(center, turn)
        for side in (-1, 1):
            points = np.stack([x * pinch * size[0] / 2, y * pinch * size[1] / 2, side * swell * size[2]], -1)
            frame.grid(points, material)

    def drape(self, start, end, height, folds, depth, material):
        """Curtain that hangs down from the line start-end by height, in folds of a depth."""
        start, end = np.array(start, float), np.array(end, float)
        along = np.linspace(0, 1, 24 * folds)
        down = np.linspace(0, 1, 12)
        across = np.cross(end - start, (0, 0, 1))
        across /= np.linalg.norm(across)
        wave = np.sin(2 * math.pi * folds * along + 0.9 * np.sin(5 * along))
        points = start + along[:, None, None] * (end - start)
        points = points - down[None, :, None] * np.array([0, 0, height])
        swing = wave[:, None] * (0.6 + 0.4 * down[None, :]) * depth
        return self.grid(points + swing[..., None] * across, material)

    def leaf(self, root, heading, rise, length, width, material):
        """Long leaf that leaves root at an angle of rise and bends down towards its tip."""
        along = np.linspace(0, 1, 12)
        lift = rise - 1.5 * along * along
        step = length / (len(along) - 1)
        reach, height = np.cumsum(np.cos(lift)) * step, np.cumsum(np.sin(lift)) * step
        half = width / 2 * np.sin(math.pi * along**0.8) + 0.003
        rows = []
        for side in (-1, 0, 1):
            x = reach * math.cos(heading) - side * half * math.sin(heading)
            y = reach * math.sin(heading) + side * half * math.cos(heading)
            rows.append(np.stack([x, y, height + abs(side) * half * 0.35], -1))
        return self.grid(np.stack(rows), material, root)

    def crown(self, center, radius, count, size, material, rng):
        """Crown of a tree: leaves of a size, scattered in a cloud of clumps."""
        clumps = [[rng.gauss(0, 0.42) for _ in range(3)] for _ in range(26)]
        vertices, faces = [], []
        for _ in range(count):
            middle = Vector([radius * (c + rng.gauss(0, 0.17)) for c in rng.choice(clumps)])
            side, up = (Vector([rng.gauss(0, size) for _ in range(3)]) for _ in range(2))
            faces.append(range(len(vertices), len(vertices) + 4))
            vertices += [middle - side, middle - up, middle + side, middle + up]
        return self.surface(vertices, faces, material, center, smooth=False)
