"""Pillow's resize: references and times. Arguments: folder with photo.rgba, runs (0: write references only)."""
import json, sys, time
from PIL import Image, __version__

folder, runs = sys.argv[1], int(sys.argv[2])
size = (4032, 3024)
with open(f"{folder}/photo.rgba", "rb") as file:
    picture = Image.frombuffer("RGBA", size, file.read(), "raw", "RGBA", 0, 1).convert("RGB")
targets = [(1024, 1024), (1008, 756)]
if runs == 0:
    picture.save(f"{folder}/photo.jpg", quality=90, subsampling=2)
    with open(f"{folder}/jpeg.rgba", "wb") as file:
        file.write(Image.open(f"{folder}/photo.jpg").convert("RGBA").tobytes())
    for w, h in targets:
        with open(f"{folder}/{w}x{h}.rgb", "wb") as file:
            file.write(picture.resize((w, h), Image.BICUBIC).tobytes())
times = {}
for w, h in targets:
    taken = []
    for _ in range(runs):
        cpu, wall = time.thread_time(), time.perf_counter()
        picture.resize((w, h), Image.BICUBIC)
        taken.append([(time.thread_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3])
    times[f"{w}x{h}"] = taken
print(json.dumps({"version": __version__, "times": times}))
