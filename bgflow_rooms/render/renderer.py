# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Renderer of a room with two Blender scenes: the photograph, and the ground truth at the pixel centres."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from bgflow_rooms.materials import nodes as materials
from bgflow_rooms.scene.camera import Camera
from bgflow_rooms.scene.scene_builder import SceneBuilder

__all__ = ["Renderer"]

FLIP = np.diag([1.0, -1.0, -1.0, 1.0])  # Blender's cameras look along -z with y up


class Renderer:
    """Renders the objects of a scene builder.

    Args:
        scene: objects of the room.
        world: sky and ambient light.
        size: width and height in pixels.
        samples: light paths per pixel.
        threads: processor cores to use; 0: all.
        folder: folder for temporary files.
    """

    def __init__(
        self, scene: SceneBuilder, world: Any, size: tuple[int, int], samples: int, threads: int, folder: Path
    ):
        self.size, self.threads, self.folder, self.flash = size, threads, folder, scene.flash
        lens = bpy.data.cameras.new("camera")
        lens.sensor_fit, lens.sensor_width = "HORIZONTAL", 36.0
        lens.clip_start, lens.clip_end = 0.02, 500.0
        self.camera = bpy.data.objects.new("camera", lens)
        self.photo = self._scene("photo", [scene.room, scene.outside, scene.lamps], samples)
        self.photo.world = world
        cycles = self.photo.cycles
        cycles.use_denoising, cycles.denoiser, cycles.denoising_prefilter = True, "OPENIMAGEDENOISE", "FAST"
        cycles.denoising_quality = "FAST"
        cycles.use_adaptive_sampling, cycles.max_bounces = False, 3
        cycles.use_fast_gi, cycles.fast_gi_method, cycles.ao_bounces_render = True, "REPLACE", 1
        cycles.diffuse_bounces = cycles.glossy_bounces = 1
        cycles.use_light_tree = False  # there are few lamps
        cycles.caustics_reflective = cycles.caustics_refractive = False
        cycles.sample_clamp_indirect = 4.0
        self.geometry = self._scene("exact", [scene.room, scene.panes], 1)
        cycles = self.geometry.cycles
        cycles.use_denoising, cycles.use_adaptive_sampling, cycles.max_bounces = False, False, 0
        cycles.pixel_filter_type, cycles.filter_width = "GAUSSIAN", 0.01
        self.geometry.view_layers[0].material_override = materials.geometry()

    def _scene(self, name: str, collections: list[Any], samples: int) -> Any:
        """Make a Blender scene that shows some collections through the camera."""
        blender_scene = bpy.data.scenes.new(name)
        for collection in collections:
            blender_scene.collection.children.link(collection)
        blender_scene.collection.objects.link(self.camera)
        blender_scene.camera = self.camera
        render, settings = blender_scene.render, blender_scene.render.image_settings
        render.engine, render.use_persistent_data = "CYCLES", True
        render.resolution_x, render.resolution_y = self.size
        render.use_compositing = render.use_sequencer = False
        if self.threads:
            render.threads_mode, render.threads = "FIXED", self.threads
        blender_scene.cycles.samples = samples
        settings.file_format, settings.color_mode, settings.color_depth = "OPEN_EXR", "RGB", "32"
        settings.exr_codec = "NONE"
        return blender_scene

    def set_world(self, world: Any) -> None:
        """Take another sky and ambient light."""
        self.photo.world = world

    def set_camera(self, camera: Camera) -> None:
        """Set the pose and field of view of the camera, and the pose of the flash slightly above it."""
        self.camera.matrix_world = Matrix((camera.pose() @ FLIP).tolist())
        if self.flash is not None:
            aside = np.eye(4)
            aside[:2, 3] = 0.05, -0.07
            self.flash.matrix_world = Matrix((camera.pose() @ aside @ FLIP).tolist())
        self.camera.data.lens = 36.0 * camera.lens.rendered_focal(self.size[0]) / self.size[0]

    def _render(self, blender_scene: Any) -> NDArray[np.float32]:
        """Render a Blender scene into an array (height x width x 3)."""
        path = self.folder / f"{blender_scene.name}.exr"
        blender_scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True, scene=blender_scene.name)
        image = bpy.data.images.load(str(path))
        image.colorspace_settings.name = "Non-Color"
        pixels = np.empty(self.size[0] * self.size[1] * image.channels, np.float32)
        image.pixels.foreach_get(pixels)
        bpy.data.images.remove(image)
        return pixels.reshape(self.size[1], self.size[0], -1)[::-1, :, :3]

    def render_geometry(self) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]:
        """Render depth in metres along the optical axis (0: none), pass index and object number of each pixel."""
        pixels = self._render(self.geometry)
        return pixels[..., 0], np.rint(pixels[..., 1]).astype(np.int32), np.rint(pixels[..., 2]).astype(np.int32)

    def render_light(self, seed: int) -> NDArray[np.float32]:
        """Render linear light (height x width x 3)."""
        self.photo.cycles.seed = seed
        return self._render(self.photo)
