"""Looks at this build and this machine. Exits with 1 where the build is not what its image was meant to be.

`--for cuda:87,110` says what it is meant to be, in the place of what the image says.
"""

from __future__ import annotations

import argparse
import json
import sys

from .driver import ask
from .image import Image, read_image
from .parts import parts
from .verdict import Part, faults, obstacles

EXIT_FAULTY = 1


def main() -> int:
    """Print what was found, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m wyoming_servers.acceleration", description=__doc__)
    parser.add_argument("--for", dest="image", type=_image, help="cpu, or cuda:CHIP,CHIP")
    image = parser.parse_args().image or read_image() or Image("cpu", cuda=False, llama=False)
    found, machine = parts(), ask()
    problems = faults(image, found)
    report = {
        "variant": image.variant,
        "cuda": image.cuda,
        "faults": problems,
        "obstacles": obstacles(image, found, machine),
        "parts": [_told(part) for part in found],
        "gpus": [{"name": gpu.name, "chip": gpu.chip} for gpu in machine.gpus],
    }
    sys.stdout.write(json.dumps(report) + "\n")
    return EXIT_FAULTY if problems else 0


def _image(written: str) -> Image:
    kind, _, chips = written.partition(":")
    if kind not in {"cpu", "cuda"}:
        raise argparse.ArgumentTypeError(f"expected cpu or cuda:CHIP,CHIP, not {written}")
    return Image(kind, kind == "cuda", tuple(int(chip) for chip in chips.split(",") if chip))


def _told(part: Part) -> dict[str, object]:
    return {
        "name": part.name,
        "cuda": part.cuda,
        "chips": sorted(part.code.chips),
        "ptx": sorted(part.code.ptx),
        "kinds_of_cpu": sorted(part.kinds_of_cpu),
        "error": part.error,
    }


if __name__ == "__main__":
    sys.exit(main())
