"""usage: make_samples.py OUTDIR    the sample pictures of the page (PNG and one JPEG) and samples.json (which belongs in src/)

Scenes of the generator, drawn at 512x512 instead of 128x128 so that they look good on a screen and go through the page's
own scaling; and a rendered still life with light, shadow and grain in a 3:2 frame, which is not from the generator."""
import hashlib
import json
import random
import sys

import numpy as np
from PIL import Image, ImageDraw

import scenes as S

EDGE, OVER = 512, 4    # picture edge; drawn this much larger, then reduced


def draw(bg, items):
    """A clean picture of a scene given in the generator's own coordinates (0..128)."""
    k = EDGE * OVER / S.SIZE
    im = Image.new("RGB", (EDGE * OVER,) * 2, S.BACKGROUNDS[bg])
    d = ImageDraw.Draw(im)
    for color, shape, x, y, r, rot in items:
        x, y, r = x * k, y * k, r * k
        if shape == "circle":
            d.ellipse([x - r, y - r, x + r, y + r], fill=S.COLORS[color])
        else:
            d.polygon(S.polygon(shape, x, y, r, rot), fill=S.COLORS[color])
    return im.resize((EDGE, EDGE), Image.LANCZOS)


def still_life(w=1200, h=800, seed=7):
    """An orange ball on a pale table against a pale wall: Lambert shading, a highlight, a soft shadow, vignette and grain."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    horizon = h * 0.62
    wall = np.array([238, 236, 232], np.float32) * (1 - 0.10 * (x / w))[..., None]
    table = np.array([226, 221, 212], np.float32) * (0.92 + 0.10 * (y - horizon) / (h - horizon))[..., None]
    t = np.clip((y - horizon) / 6, 0, 1)[..., None]
    im = wall * (1 - t) + table * t
    cx, cy, r = w * 0.5, h * 0.52, h * 0.2
    shade = ((x - cx - 0.35 * r) / (1.35 * r)) ** 2 + ((y - cy - 0.93 * r) / (0.26 * r)) ** 2
    im *= (1 - 0.30 * np.exp(-1.2 * shade))[..., None]
    nx, ny = (x - cx) / r, (y - cy) / r
    rr = nx * nx + ny * ny
    nz = np.sqrt(np.clip(1 - rr, 0, 1))
    light = np.clip(-0.45 * nx - 0.55 * ny + 0.70 * nz, 0, 1)
    glint = np.clip(-0.27 * nx - 0.33 * ny + 0.905 * nz, 0, 1) ** 60
    ball = np.array([245, 135, 25], np.float32) * (0.62 + 0.42 * light)[..., None] + 150 * glint[..., None]
    a = np.clip((1 - np.sqrt(rr)) * r + 0.5, 0, 1)[..., None]
    im = im * (1 - a) + ball * a
    im *= (1 - 0.10 * (((x - w / 2) / w) ** 2 + ((y - h / 2) / h) ** 2) * 2)[..., None]
    im += np.random.default_rng(seed).standard_normal((h, w, 1), np.float32) * 2.5
    return Image.fromarray(np.clip(im + 0.5, 0, 255).astype(np.uint8))


def scene(seed, n):
    """The first scene with n shapes that this seed gives."""
    rng = random.Random(seed)
    while True:
        s = S.random_scene(rng)
        if len(s["items"]) == n:
            return s


def spoken(s):
    return S.describe(s)[0].upper() + S.describe(s)[1:]


SAMPLES = [
    # id, title, seed (picked by eye), number of shapes, question
    ("three-shapes", "Three in a row", 3195, 3, "Describe the image."),
    ("two-shapes", "Two on black", 3035, 2, "Describe the image."),
    ("one-shape", "Just one", 3845, 1, "What color is the star?"),
    ("count", "How many?", 4749, 3, "How many shapes are there?"),
    ("background", "Which background?", 3231, 2, "What color is the background?"),
]

out = sys.argv[1]
rows = []


def save(name, image, title, alt, prompt, **how):
    image.save(f"{out}/{name}", **how)
    sha = hashlib.sha256(open(f"{out}/{name}", "rb").read()).hexdigest()
    rows.append(dict(id=name.split(".")[0], file=name, title=title, alt=alt, prompt=prompt,
                     width=image.width, height=image.height, sha256=sha))


for name, title, seed, n, prompt in SAMPLES:
    s = scene(seed, n)
    save(f"{name}.png", draw(s["bg"], s["items"]), title, spoken(s), prompt, optimize=True)
save("still-life.jpg", still_life(), "Still life, 3:2", "A rendered still life: an orange ball on a pale table.",
     "Describe the image.", quality=90)
json.dump(rows, open(f"{out}/samples.json", "w"), indent=2)
open(f"{out}/samples.json", "a").write("\n")
