"""Carries out a Dockerfile without Docker: each instruction in a chroot, over what the ones before it left.

A layer is the folder in which overlayfs put what an instruction wrote, kept under what it was made from, as Docker's
build cache does. The base image is a Debian made by script/rootfs. All mounts are in namespaces of their own, and end
with the process that made them.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .dockerfile import ROOT, Instruction, Stage, assigned

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sotto" / "image"
BASE = CACHE / "base"
STEP_S = 600
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_OF_THE_MACHINE = ("PIP_", "UV_", "SSL_CERT_FILE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
"""How this machine reaches a package index; part of no layer."""


@dataclass
class Image:
    """A stage carried out: its layers, the lowest first, and what it says of itself."""

    layers: list[Path]
    key: str
    environment: dict[str, str] = field(default_factory=dict)
    work_dir: str = "/"

    @property
    def lower(self) -> str:
        """Its layers as overlayfs has them: the highest first."""
        return ":".join(str(layer) for layer in reversed(self.layers))


class Builder:
    """Carries out stages, and remembers them by name."""

    def __init__(self) -> None:
        self._images: dict[str, Image] = {}
        self.used: set[Path] = set()
        self.built = 0

    def build(self, stages: list[Stage]) -> Image:
        """Return the image of the last stage."""
        image = Image([BASE], "base")
        for stage in stages:
            image = Image([BASE], "base", {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
            arguments: dict[str, str] = {}
            for instruction in stage.instructions:
                self._carry_out(instruction, image, arguments)
            self._images[stage.name] = image
        return image

    def stage(self, name: str) -> Image:
        """Return the image of a stage that was built."""
        return self._images[name]

    def _carry_out(self, instruction: Instruction, image: Image, arguments: dict[str, str]) -> None:
        match instruction.kind:
            case "ARG":
                arguments.update(assigned([instruction]))
            case "ENV":
                image.environment.update(assigned([instruction]))
            case "WORKDIR":
                image.work_dir = instruction.text
            case "RUN":
                environment = {**image.environment, **arguments}
                self._add(image, f"RUN {instruction.text} {sorted(environment.items())}", self._run(image, environment))
            case "COPY":
                self._copy(instruction.words, image)
            case _:  # it says something of the image, and changes nothing in it
                pass

    def _run(self, image: Image, environment: Mapping[str, str]) -> str:
        variables = {"HOME": "/root", **environment, **of_this_machine()}
        return f"""
            mount -t proc proc "$merged/proc"
            mount --bind /dev "$merged/dev"
            mkdir -p "$merged/root/.cache"
            mount -t tmpfs tmpfs "$merged/root"
            mkdir -p "$merged/root/.cache" {CACHE}/packages
            mount --bind {CACHE}/packages "$merged/root/.cache"
            {bound_of_this_machine()}
            cd "$merged"
            chroot "$merged" /usr/bin/env -i {_assigned(variables)} bash -ec 'cd {image.work_dir}; '"$instruction"
        """

    def _copy(self, words: list[str], image: Image) -> None:
        *sources, target = words
        target = os.path.join(image.work_dir, target)  # noqa: PTH118 - a path of the image, whose last slash counts
        if sources[0].startswith("--from="):
            other = self._images[sources.pop(0).removeprefix("--from=")]
            self._add(image, f"COPY {other.key} {sources} {target}", f"""
                mkdir "$work/other" "$work/empty"
                mount -t overlay overlay -o lowerdir="$work/empty:{other.lower}" "$work/other"
                mkdir -p "$merged{target}"
                cp -a "$work/other{sources[0]}/." "$merged{target}/"
            """)  # fmt: skip
            return
        files = [ROOT / source for source in sources]
        digest = hashlib.sha256()
        for path in (each for file in files for each in _files(file)):
            name, executable = path.relative_to(ROOT), os.access(path, os.X_OK)
            digest.update(f"{name} {executable} ".encode() + path.read_bytes())
        copied = "\n".join(_copied(file, target, many=len(files) > 1) for file in files)
        self._add(image, f"COPY {sources} {target} {digest.hexdigest()}", copied)

    def _add(self, image: Image, instruction: str, script: str) -> None:
        image.key = hashlib.sha256(f"{image.key}\n{instruction}".encode()).hexdigest()[:24]
        layer = CACHE / "layers" / image.key
        if not layer.exists():
            self.built += 1
            with tempfile.TemporaryDirectory(dir=CACHE) as work:
                run_over(image.lower, Path(work), script, instruction.removeprefix("RUN ").partition(" [(")[0])
                layer.parent.mkdir(exist_ok=True)
                (Path(work) / "upper").rename(layer)
        self.used.add(layer)
        image.layers.append(layer)

    def forget_the_rest(self) -> None:
        """Remove layers that no stage needed."""
        for layer in (CACHE / "layers").iterdir():
            if layer not in self.used:
                shutil.rmtree(layer)


def run_over(lower: str, work: Path, script: str, instruction: str = "") -> str:
    """Run a script as root with `$merged`, in which the layers lie; what is written comes into `work/upper`.

    Returns what it said.
    """
    for name in ("upper", "work", "merged"):
        (work / name).mkdir()
    whole = f"""
        set -euo pipefail
        merged={work}/merged work={work} instruction={shlex.quote(instruction)}
        mount -t overlay overlay -o lowerdir={lower},upperdir={work}/upper,workdir={work}/work "$merged"
        {script}
    """
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "bash", "-c", whole],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=STEP_S, check=False,
    )  # fmt: skip
    if done.returncode:
        raise AssertionError(
            f"{instruction or script}: exit code {done.returncode}\n{(done.stdout + done.stderr)[-4000:]}"
        )
    return done.stdout


def of_this_machine() -> dict[str, str]:
    """Return the variables by which this machine reaches a package index."""
    return {name: value for name, value in os.environ.items() if name.startswith(_OF_THE_MACHINE)}


def bound_of_this_machine() -> str:
    """Return the commands that give `$merged` this machine's names, certificates and pip's configuration."""
    files = [Path("/etc/resolv.conf"), _CERTIFICATES, Path("/etc/pip.conf")]
    return "\n".join(
        f'mkdir -p "$merged{file.parent}"; touch "$merged{file}"; mount --bind {file} "$merged{file}"'
        for file in files
        if file.exists()
    )


def _assigned(variables: Mapping[str, str]) -> str:
    return " ".join(shlex.quote(f"{name}={value}") for name, value in variables.items())


def _files(path: Path) -> Iterator[Path]:
    every = sorted(path.rglob("*")) if path.is_dir() else [path]
    return (each for each in every if each.is_file() and "__pycache__" not in each.parts)


def _copied(source: Path, target: str, *, many: bool) -> str:
    if source.is_dir():
        return f"""
            mkdir -p "$merged{target}"
            tar -C {source} --exclude __pycache__ -cf - . | tar -C "$merged{target}" --no-same-owner -xf -
        """
    folder = target if many or target.endswith("/") else str(Path(target).parent)
    return f'mkdir -p "$merged{folder}"; cp -a --no-preserve=ownership {source} "$merged{target}"'
