# Copyright 2026 The bgflow authors
# SPDX-License-Identifier: Apache-2.0
"""Render the demo clip: a drive through a furnished room, with exact masks, depth and camera poses.

Needs Python 3.11 and, in the checkout: pip install ".[render]"
"""

import argparse
import random
from pathlib import Path

import av
import bpy
import cv2
import numpy as np
import oxipng
import room_furniture as furniture
import room_motion as motion
import room_shell as shell
from mathutils import Matrix
from tqdm import tqdm

from bgflow_rooms.materials import nodes as materials
from bgflow_ros.segmentation.files import user_path

FOCAL = 0.74  # focal length in image widths: 68 degrees horizontally
FLIP = np.diag([1.0, -1.0, -1.0])  # Blender's cameras look along -z with y up


def parse_arguments():
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=user_path, default=Path("demo/room"), help="folder of the finished clip")
    parser.add_argument(
        "--cache",
        type=user_path,
        default=Path("demo-out/room"),
        help="folder of the rendered frames; a frame that is there is not rendered again",
    )
    parser.add_argument("--frames", type=int, default=240, help="frames of the loop, 30 per second at 240")
    parser.add_argument("--samples", type=int, default=8, help="light paths per pixel before denoising")
    parser.add_argument("--size", type=int, nargs=2, default=(640, 480), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--depth-step", type=int, default=2, help="write the depth of every so many frames")
    parser.add_argument("--only", type=int, metavar="FRAME", help="render this frame into the cache and stop")
    parser.add_argument("--seed", type=int, default=7, help="of the books, leaves and trees, and of the sampling")
    return parser.parse_args()


def pose_matrix(position, rotation):
    """Blender matrix of a position and a rotation."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, position
    return Matrix(matrix.tolist())


class Studio:
    """Room in two Blender scenes: one for the photograph, one for the ground truth at the pixel centres."""

    def __init__(self, size, samples, seed):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.size, self.seed = size, seed
        background, foreground, outside, lamps = (
            bpy.data.collections.new(name) for name in ("background", "foreground", "outside", "lamps")
        )
        rng = random.Random(seed)
        shell.build(background, outside, rng)
        self.ball, self.drone = furniture.furnish(foreground, rng)
        for thing in foreground.objects:
            thing.pass_index = 1  # the mask's foreground
        shell.build_light(lamps)
        lens = bpy.data.cameras.new("camera")
        lens.sensor_fit, lens.sensor_width, lens.lens = "HORIZONTAL", 36.0, 36.0 * FOCAL
        lens.clip_start, lens.clip_end = 0.05, 500.0
        self.camera = bpy.data.objects.new("camera", lens)
        self.photo = self._scene("photo", [background, foreground, outside, lamps], samples)
        self.photo.world = shell.build_sky()
        self.exact = self._scene("exact", [background, foreground], 1)
        self._expose()
        self._sharpen()

    def _scene(self, name, collections, samples):
        """Make a Blender scene that shows some collections through the camera."""
        made = bpy.data.scenes.new(name)
        for collection in collections:
            made.collection.children.link(collection)
        made.collection.objects.link(self.camera)
        made.camera = self.camera
        made.render.engine = "CYCLES"
        made.render.resolution_x, made.render.resolution_y = self.size
        made.render.use_persistent_data = True
        made.cycles.samples = samples
        return made

    def _expose(self):
        """Set up the scene of the photograph."""
        cycles, view = self.photo.cycles, self.photo.view_settings
        cycles.use_denoising, cycles.denoiser, cycles.denoising_prefilter = True, "OPENIMAGEDENOISE", "FAST"
        cycles.use_adaptive_sampling = False
        cycles.max_bounces = 4
        cycles.use_fast_gi, cycles.fast_gi_method, cycles.ao_bounces_render = True, "REPLACE", 1
        cycles.use_light_tree = False  # a handful of lamps
        cycles.caustics_reflective = cycles.caustics_refractive = False
        cycles.sample_clamp_indirect = 6.0
        view.view_transform, view.look, view.exposure = "AgX", "AgX - Medium High Contrast", 0.4
        self.photo.render.image_settings.file_format = "PNG"

    def _sharpen(self):
        """Set up the scene of the ground truth: one ray through the centre of each pixel, no filter, no light."""
        cycles = self.exact.cycles
        cycles.use_denoising, cycles.use_adaptive_sampling, cycles.max_bounces = False, False, 0
        cycles.pixel_filter_type, cycles.filter_width = "GAUSSIAN", 0.01
        self.exact.view_layers[0].material_override = materials.geometry()
        settings = self.exact.render.image_settings
        settings.file_format, settings.color_mode, settings.color_depth = "OPEN_EXR", "RGB", "32"

    def pose(self, frame, phase):
        """Move the camera, the ball and the drone."""
        position, rotation = motion.camera_pose(phase)
        self.camera.matrix_world = pose_matrix(position, rotation @ FLIP)
        self.ball.matrix_world = pose_matrix(*motion.ball_pose(phase))
        self.drone.matrix_world = pose_matrix(*motion.drone_pose(phase))
        self.photo.cycles.seed = self.seed * 10000 + frame

    def render(self, made, path):
        """Render one of the two scenes; the file appears under its name only when it is complete."""
        draft = path.with_name("draft-" + path.name)
        made.render.filepath = str(draft)
        bpy.ops.render.render(write_still=True, scene=made.name)
        draft.replace(path)


def render_frame(studio, cache, frame, frames):
    """Render the photograph and the ground truth of a frame unless they exist."""
    photo, exact = cache / f"{frame:04d}.png", cache / f"{frame:04d}.exr"
    studio.pose(frame, frame / frames)
    if not exact.exists():
        studio.render(studio.exact, exact)
    if not photo.exists():
        studio.render(studio.photo, photo)


def read_exact(path):
    """Read depth in metres along the optical axis (0: none) and the foreground mask of a frame."""
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    width, height = image.size
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    pixels = pixels.reshape(height, width, -1)[::-1]
    return pixels[..., 0], pixels[..., 1] > 0.5


def write_whole(path, data):
    """Write bytes under a temporary name first, so that a file is complete or absent."""
    draft = path.with_name("draft-" + path.name)
    draft.write_bytes(data)
    draft.replace(path)


def write_png(path, image, flags=()):
    """Write a losslessly compressed PNG as small as a search over its filters makes it; it stays grey."""
    _, data = cv2.imencode(".png", image, flags)
    small = oxipng.optimize_from_memory(data.tobytes(), level=4, color_type_reduction=False)
    write_whole(path, small)


def write_measurements(cache, out, frames, depth_step):
    """Write the masks (0 background, 255 foreground) and the depth in millimetres."""
    (out / "mask").mkdir(exist_ok=True)
    (out / "depth").mkdir(exist_ok=True)
    for frame in tqdm(range(frames), "mask, depth"):
        mask, depth = out / f"mask/{frame:04d}.png", out / f"depth/{frame:04d}.png"
        metres, foreground = read_exact(cache / f"{frame:04d}.exr")
        if not mask.exists():
            write_png(mask, foreground.astype(np.uint8) * 255, (cv2.IMWRITE_PNG_BILEVEL, 1))
        if frame % depth_step == 0 and not depth.exists():
            write_png(depth, np.round(metres * 1000).astype(np.uint16))


def write_video(cache, path, frames, size):
    """Encode the photographs as H.264."""
    draft = path.with_name("draft-" + path.name)
    with av.open(str(draft), "w") as container:
        rate = round(frames / motion.PERIOD)
        stream = container.add_stream("libx264", rate=rate, options={"crf": "15", "preset": "veryslow", "g": "60"})
        stream.pix_fmt = "yuv420p"
        stream.width, stream.height = size
        for frame in range(frames):
            image = cv2.imread(str(cache / f"{frame:04d}.png"))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        container.mux(stream.encode())
    draft.replace(path)


def write_poses(path, frames):
    """Write world-from-optical poses in the TUM format: timestamp tx ty tz qx qy qz qw (seconds, metres)."""
    lines = ["# timestamp tx ty tz qx qy qz qw"]
    for frame in range(frames):
        position, rotation = motion.camera_pose(frame / frames)
        w, x, y, z = pose_matrix(position, rotation).to_quaternion()
        values = (frame * motion.PERIOD / frames, *position, x, y, z, w)
        lines.append(" ".join(f"{value:.6f}" for value in values))
    write_whole(path, ("\n".join(lines) + "\n").encode())


def write_camera(path, size):
    """Write the intrinsics as camera_calibration does; pixel centres have whole coordinates."""
    width, height = size
    focal, cx, cy = FOCAL * width, (width - 1) / 2, (height - 1) / 2
    matrices = {
        "camera_matrix": (3, 3, [focal, 0, cx, 0, focal, cy, 0, 0, 1]),
        "distortion_coefficients": (1, 5, [0] * 5),
        "rectification_matrix": (3, 3, [1, 0, 0, 0, 1, 0, 0, 0, 1]),
        "projection_matrix": (3, 4, [focal, 0, cx, 0, 0, focal, cy, 0, 0, 0, 1, 0]),
    }
    text = f"image_width: {width}\nimage_height: {height}\ncamera_name: room\n"
    for name, (rows, columns, values) in matrices.items():
        if name == "distortion_coefficients":
            text += "distortion_model: plumb_bob\n"
        data = ", ".join(f"{value:.5f}" for value in values)
        text += f"{name}:\n  rows: {rows}\n  cols: {columns}\n  data: [{data}]\n"
    write_whole(path, text.encode())


def main():
    """Render what the cache lacks, then write the clip."""
    arguments = parse_arguments()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    cache = arguments.cache.resolve()  # Blender takes relative paths for relative to its own file
    studio = Studio(arguments.size, arguments.samples, arguments.seed)
    if arguments.only is not None:
        render_frame(studio, cache, arguments.only, arguments.frames)
        return
    for frame in tqdm(range(arguments.frames), "render"):
        render_frame(studio, cache, frame, arguments.frames)
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_measurements(cache, arguments.out, arguments.frames, arguments.depth_step)
    write_video(cache, arguments.out / "rgb.mp4", arguments.frames, arguments.size)
    write_poses(arguments.out / "groundtruth.txt", arguments.frames)
    write_camera(arguments.out / "camera.yaml", arguments.size)


if __name__ == "__main__":
    main()
