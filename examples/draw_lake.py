"""Draw ``examples/lake.png``: a mountain lake at dusk, the picture that the first clip is made from.

Everything is drawn by numpy and OpenCV from one fixed seed, at twice the size, then reduced. Run it from
anywhere; it writes beside itself, or to the path that it is given.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE = (1280, 720)
OVERSAMPLING = 2
SEED = 20

Image = NDArray[np.float32]
"""float32 ``[H, W, 3]``, RGB, 0 … 1."""
Plane = NDArray[np.float32]
"""float32 ``[H, W]``."""

WIDTH, HEIGHT = SIZE[0] * OVERSAMPLING, SIZE[1] * OVERSAMPLING
HORIZON = round(HEIGHT * 0.555)
SUN = (0.635, 0.482)
"""Where the sun stands, as shares of width and height."""


def rgb(colour: str) -> NDArray[np.float32]:
    """``"#ffcc88"`` as float32 ``[3]``, 0 … 1."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / np.float32(255)


def smooth(low: float, high: float, value: Plane) -> Plane:
    """0 below ``low``, 1 above ``high``, and an S between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int], octaves: int) -> Plane:
    """Fractal noise of mean 0 and deviation 1; ``cells`` are the coarsest octave's rows and columns."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        rows, columns = cells[0] * 2**octave + 3, cells[1] * 2**octave + 3
        grid = rng.standard_normal((rows, columns)).astype(np.float32)
        total += cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC) * np.float32(0.52**octave)
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def ridge(rng: np.random.Generator, peaks: int, octaves: int) -> Plane:
    """A skyline, float32 ``[WIDTH]``, of mean 0 and deviation 1, with sharp peaks and round valleys."""
    line = np.zeros(WIDTH, np.float32)
    for octave in range(octaves):
        knots = rng.standard_normal((1, peaks * 2**octave + 3)).astype(np.float32)
        wave = cv2.resize(knots, (WIDTH, 1), interpolation=cv2.INTER_CUBIC)[0]
        line -= np.abs(wave) * np.float32(0.5**octave)
    return np.asarray((line - line.mean()) / line.std(), np.float32)


def over(image: Image, colour: NDArray[np.float32], alpha: Plane) -> Image:
    """Lay a colour, or an image, over an image."""
    return np.asarray(image + (colour - image) * alpha[..., None], np.float32)


def sky(rng: np.random.Generator, x: Plane, y: Plane) -> Image:
    """The evening sky with its glow and its lit clouds."""
    stops = np.array([0.0, 0.17, 0.32, 0.44, 0.52, 0.57])
    colours = np.array([rgb(c) for c in ("#1d2b57", "#3d4a86", "#7b6aa3", "#cf8d98", "#f6b787", "#ffd79a")])
    image = np.stack([np.interp(y, stops, colours[:, channel]) for channel in range(3)], axis=-1)
    aspect = WIDTH / HEIGHT
    away = np.hypot((x - SUN[0]) * aspect * 0.8, y - SUN[1])
    image = over(image.astype(np.float32), rgb("#ffdc98"), 0.75 * np.exp(-((away / 0.2) ** 1.25)))

    banks = noise(rng, (HEIGHT, WIDTH), (7, 3), 4)
    wisps = noise(rng, (HEIGHT, WIDTH), (18, 3), 3)
    height = np.clip((0.52 - y) / 0.42, 0, 1).astype(np.float32)
    cover = smooth(0.0, 2.6, banks * 0.85 + wisps * 0.6 + 0.35 * np.sin(height * 9))
    cover *= smooth(0.0, 0.16, height) * (1 - 0.5 * smooth(0.75, 1.0, height))
    below = np.roll(banks * 0.85 + wisps * 0.6, -HEIGHT // 50, axis=0)
    lit = smooth(-0.6, 1.2, (banks * 0.85 + wisps * 0.6) - below + 0.55 - away * 0.5)
    near_sun = np.exp(-((away / 0.42) ** 2)).astype(np.float32)
    shade = rgb("#575488") + (rgb("#a3738f") - rgb("#575488")) * near_sun[..., None]
    light = rgb("#e58f8c") + (rgb("#ffdca4") - rgb("#e58f8c")) * near_sun[..., None]
    image = over(image, shade + (light - shade) * lit[..., None], cover * 0.78)

    distance = np.hypot((x - SUN[0]) * aspect, y - SUN[1]).astype(np.float32)
    image = over(image, rgb("#fff6d8"), 1 - smooth(0.0255, 0.0275, distance))
    return over(image, rgb("#fff0c4"), 0.55 * np.exp(-((distance / 0.06) ** 1.2)))


def mountains(rng: np.random.Generator, image: Image, x: Plane, y: Plane) -> Image:
    """Five ridges, each nearer, darker and cooler than the one behind it."""
    ridges = (
        # skyline's height, its swing, peaks, colour, share of haze at its foot, lit slopes
        (0.400, 0.050, 3, "#5f5690", 0.70, 0.17),
        (0.440, 0.042, 4, "#534f86", 0.66, 0.20),
        (0.482, 0.026, 5, "#4f5080", 0.62, 0.18),
        (0.512, 0.015, 7, "#3c446e", 0.55, 0.10),
    )
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    for level, swing, peaks, colour, haze, relief in ridges:
        # The valley through which the sun goes down.
        valley = np.exp(-(((x[0] - SUN[0]) / 0.085) ** 2)).astype(np.float32)
        skyline = level + swing * (-ridge(rng, peaks, 7))
        skyline = skyline + (0.535 - skyline) * valley * 0.93
        inside = np.clip((y - skyline[None]) * HEIGHT, 0, 1).astype(np.float32)
        # Spurs run down from the crest: noise that leans with the depth below it, lit from the sun's side.
        fall = (y - skyline[None]).astype(np.float32) * HEIGHT
        spurs = noise(rng, (HEIGHT, WIDTH), (7, peaks * 7), 5)
        lean = (columns + 0.55 * fall * np.sign(np.sin(columns / WIDTH * peaks * 9.0))).astype(np.float32)
        leaning = cv2.remap(spurs, lean, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        facing = cv2.Sobel(cv2.GaussianBlur(leaning, (0, 0), 3), cv2.CV_32F, 1, 0) * np.sign(SUN[0] - x)
        facing = np.tanh(facing * 11).astype(np.float32)
        body = rgb(colour) + (rgb("#f0a58c") - rgb(colour)) * (relief * np.clip(facing, -0.45, 1))[..., None]
        depth = np.clip((y - skyline[None]) / (HORIZON / HEIGHT - skyline[None] + 1e-3), 0, 1).astype(
            np.float32
        )
        glow = np.exp(-(((x - SUN[0]) / 0.3) ** 2)).astype(np.float32)
        mist = rgb("#c99aa6") + (rgb("#ffd3a0") - rgb("#c99aa6")) * glow[..., None]
        body = body + (mist - body) * (haze * depth**1.5)[..., None]
        image = over(image, body.astype(np.float32), inside)
    return image


def pine(mask: Plane, rng: np.random.Generator, foot: tuple[float, float], tall: float) -> None:
    """Add a pine's silhouette to a mask, in place; ``foot`` and ``tall`` in pixels."""
    x, y = foot
    trunk = max(1.0, tall * 0.018)
    tiers = int(np.clip(tall / 9, 7, 34))
    lean = rng.normal(0, 0.012) * tall
    outline = [(x + lean, y - tall)]
    sides: list[list[tuple[float, float]]] = [[], []]
    for tier in range(1, tiers + 1):
        t = tier / tiers
        spread = tall * 0.19 * t**0.85 * rng.uniform(0.78, 1.18)
        level = y - tall * (1 - 0.93 * t)
        for side, sign in enumerate((-1, 1)):
            reach = spread * rng.uniform(0.8, 1.15)
            sides[side] += [
                (x + lean * (1 - t) + sign * reach, level + tall * 0.012 * rng.uniform(0.3, 1.6)),
                (x + lean * (1 - t) + sign * reach * rng.uniform(0.30, 0.48), level - tall * 0.006),
            ]
    outline = [(x + lean, y - tall), *sides[1], (x + trunk, y - tall * 0.06), (x + trunk, y), (x - trunk, y)]
    outline += [(x - trunk, y - tall * 0.06), *reversed(sides[0])]
    polygon = np.round(np.array(outline) * 16).astype(np.int32)
    cv2.fillPoly(mask, [polygon], 1.0, cv2.LINE_8, 4)


def far_shore(rng: np.random.Generator, image: Image, x: Plane, y: Plane) -> Image:
    """The wooded shore across the lake, in evening mist."""
    line = HORIZON / HEIGHT - 0.013 - 0.008 * ridge(rng, 4, 5)
    rise = np.clip((0.36 - x[0]) / 0.36, 0, 1) ** 1.6
    other = np.clip((x[0] - 0.80) / 0.2, 0, 1) ** 1.5
    line = (line - 0.075 * rise - 0.045 * other).astype(np.float32)
    mask = np.clip((y - line[None]) * HEIGHT, 0, 1).astype(np.float32)
    for _ in range(900):
        column = int(rng.integers(0, WIDTH))
        tall = HEIGHT * rng.uniform(0.013, 0.030) * (1 + 1.1 * float(rise[column] + other[column]))
        pine(mask, rng, (column, line[column] * HEIGHT + 3), tall)
    mask[HORIZON:] = 0
    colour = np.broadcast_to(rgb("#27304f"), image.shape).copy()
    foot = smooth(HORIZON / HEIGHT - 0.035, HORIZON / HEIGHT, y)
    glow = np.exp(-(((x - SUN[0]) / 0.2) ** 2)).astype(np.float32)
    colour = over(colour, rgb("#b98a92") + (rgb("#ffc893") - rgb("#b98a92")) * glow[..., None], foot * 0.42)
    colour = over(colour, rgb("#d98a72"), glow * 0.28)
    return over(image, colour, mask)


def water(rng: np.random.Generator, image: Image, x: Plane) -> Image:
    """Mirror what stands above the horizon in the lake, broken by ripples, with the sun's road on it."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    near = np.clip((rows - HORIZON) / (HEIGHT - HORIZON), 0, 1)
    # Ripples in perspective: the noise is read at one over the distance to the horizon.
    field = noise(rng, (1400, 1400), (150, 26), 4)
    depth = 1 / (near + 0.035)
    u = ((x - 0.5) * depth * 160 + 700) % 1399
    v = (depth * 46) % 1399
    ripple = cv2.remap(field, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR)
    ripple = cv2.GaussianBlur(ripple, (0, 0), 1.2)
    calm = 0.35 + 0.65 * smooth(-0.6, 0.9, noise(rng, (HEIGHT, WIDTH), (26, 3), 3))
    reach = (3 + 46 * near**1.2) * calm
    mirror_y = np.clip(2 * HORIZON - rows - 2 + ripple * reach, 0, HORIZON - 1)
    mirror_x = columns + ripple * reach * 0.2
    mirrored = cv2.remap(image, mirror_x, mirror_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    lake = over(np.asarray(mirrored, np.float32), rgb("#1f3158"), (0.14 + 0.40 * near).astype(np.float32))
    lake = np.clip(lake * (1 + 0.10 * ripple * calm)[..., None], 0, 1)
    road = np.exp(-(((x - SUN[0]) / (0.014 + 0.055 * near)) ** 2)) * (1 - 0.62 * near)
    glitter = smooth(0.2, 1.3, ripple + 0.55 * (1 - near)) * road
    lake = over(lake.astype(np.float32), rgb("#ffe2a6"), np.clip(glitter, 0, 0.92).astype(np.float32))
    mist = np.exp(-((near / 0.05) ** 1.1)).astype(np.float32) * 0.42
    lake = over(lake, rgb("#ecb59b"), mist)
    below = (rows >= HORIZON).astype(np.float32)
    return over(image, lake, below)


def boat(image: Image) -> Image:
    """A rowing boat with one person, and their reflection."""
    centre, level, half = 0.435 * WIDTH, 0.655 * HEIGHT, 0.034 * WIDTH
    hull = [(-1.08, -0.20), (-0.75, -0.05), (0.0, 0.0), (0.75, -0.05), (1.1, -0.24), (0.86, 0.13), (0.5, 0.2)]
    hull += [(-0.5, 0.2), (-0.84, 0.13)]
    body = [
        (-0.28, 0.0),
        (-0.24, -0.33),
        (-0.16, -0.43),
        (0.0, -0.44),
        (0.10, -0.34),
        (0.16, -0.08),
        (0.34, -0.02),
    ]
    oar = [(0.02, -0.28), (0.62, 0.24), (0.80, 0.33), (0.76, 0.36), (0.58, 0.27), (0.0, -0.24)]
    mask = np.zeros(image.shape[:2], np.float32)

    def shape(points: list[tuple[float, float]]) -> NDArray[np.int32]:
        scaled = np.array(points) * half + (centre, level)
        return np.round(scaled * 16).astype(np.int32)

    cv2.fillPoly(mask, [shape(hull)], 1.0, cv2.LINE_8, 4)
    cv2.fillPoly(mask, [shape(body)], 1.0, cv2.LINE_8, 4)
    cv2.fillPoly(mask, [shape(oar)], 1.0, cv2.LINE_8, 4)
    head = np.round(np.array((centre - 0.06 * half, level - 0.54 * half)) * 16).astype(int)
    cv2.circle(mask, (int(head[0]), int(head[1])), round(half * 0.105 * 16), 1.0, -1, cv2.LINE_8, 4)
    foot = level + 0.2 * half
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    wave = np.sin((rows - foot) * 0.42) * 2.2 + np.sin((rows - foot) * 0.19 + 1) * 2.6
    mirrored = cv2.remap(mask, columns + wave, 2 * foot - rows, cv2.INTER_LINEAR)
    mirrored *= (rows > foot - 2) * np.exp(-np.clip(rows - foot, 0, None) / (0.7 * half))
    image = over(image, rgb("#1a2340"), mirrored * 0.75)
    image = over(image, rgb("#161b30"), mask)
    rim = np.clip(mask - np.roll(np.roll(mask, 3, axis=0), -3, axis=1), 0, 1)
    return over(image, rgb("#f0a878"), rim * 0.8)


def blade(
    mask: Plane, rng: np.random.Generator, foot: tuple[float, float], tall: float, *, head: bool
) -> None:
    """Add a reed to a mask, in place: a curved tapering leaf, or a stalk with its brown head."""
    t = np.linspace(0, 1, 14)
    bend = rng.normal(0.06, 0.16) * tall
    x = foot[0] + bend * t**2.1
    y = foot[1] - tall * t * (1 - 0.10 * (bend / tall) ** 2)
    wide = (2.6 if head else rng.uniform(2.2, 4.4)) * OVERSAMPLING * (1 - t * (0.3 if head else 0.94))
    outline = np.concatenate([np.stack([x - wide / 2, y], 1), np.stack([x + wide / 2, y], 1)[::-1]])
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 1.0, cv2.LINE_8, 4)
    if head:
        across = np.array([x[-1] - x[-3], y[-1] - y[-3]])
        across = across / (np.hypot(*across) + 1e-6)
        start, end = np.array([x[-2], y[-2]]), np.array([x[-2], y[-2]]) - across * tall * -0.10
        ends = [tuple(int(v) for v in np.round(p * 16)) for p in (start, end)]
        cv2.line(mask, ends[0], ends[1], 1.0, round(4.6 * OVERSAMPLING), cv2.LINE_8, 4)


def foreground(rng: np.random.Generator, image: Image, x: Plane, y: Plane) -> Image:
    """The near shore: a dark bank, reeds on the left, tall pines on the right."""
    line = 0.955 + 0.010 * ridge(rng, 4, 4) - 0.085 * np.clip((0.34 - x[0]) / 0.34, 0, 1) ** 1.4
    line = (line - 0.15 * np.clip((x[0] - 0.70) / 0.3, 0, 1) ** 1.5).astype(np.float32)
    mask = np.clip((y - line[None]) * HEIGHT, 0, 1).astype(np.float32)
    for at, tall in (
        (0.955, 0.80),
        (0.885, 0.56),
        (1.012, 0.66),
        (0.835, 0.33),
        (0.925, 0.40),
        (0.792, 0.20),
    ):
        column = min(WIDTH - 1, int(at * WIDTH))
        pine(mask, rng, (at * WIDTH, line[column] * HEIGHT + 0.03 * HEIGHT), tall * HEIGHT)
    for number in range(340):
        at = float(np.clip(abs(rng.normal(0, 0.145)), 0, 0.5)) if number % 4 else rng.uniform(0, 0.86)
        column = int(at * WIDTH)
        tall = HEIGHT * rng.uniform(0.05, 0.30) * float(np.clip(1.05 - at * 2.0, 0.16, 1))
        blade(mask, rng, (column, line[column] * HEIGHT + 8), tall, head=number % 9 == 0 and at < 0.3)
    top, bottom = rgb("#1b2138"), rgb("#0a0d1b")
    share = smooth(0.35, 1.0, y)
    colour = (top + (bottom - top) * share[..., None]).astype(np.float32)
    # The sun stands behind: a warm rim where a silhouette faces it.
    toward = np.sign(SUN[0] - x)
    left, right = np.roll(mask, 4, axis=1), np.roll(mask, -4, axis=1)
    rim = np.clip(mask - np.where(toward > 0, right, left), 0, 1).astype(np.float32)
    image = over(image, colour, mask)
    return over(image, rgb("#d98b6a"), rim * (x > 0.5) * 0.34 * np.exp(-(((x - SUN[0]) / 0.45) ** 2)))


def draw() -> NDArray[np.uint8]:
    """The finished picture, uint8 ``[720, 1280, 3]``, RGB."""
    rng = np.random.default_rng(SEED)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    x, y = (columns + 0.5) / WIDTH, (rows + 0.5) / HEIGHT
    image = sky(rng, x, y)
    image = mountains(rng, image, x, y)
    image = far_shore(rng, image, x, y)
    image = water(rng, image, x)
    image = boat(image)
    image = foreground(rng, image, x, y)
    small = np.asarray(cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA), np.float32)
    # Half a level of dither keeps the sky's gradient from banding.
    small += rng.uniform(-0.5, 0.5, small.shape).astype(np.float32) / np.float32(255)
    return np.asarray(np.clip(np.round(small * 255), 0, 255), np.uint8)


def main() -> None:
    """Write the picture."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("lake.png")
    cv2.imwrite(str(path), cv2.cvtColor(draw(), cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
