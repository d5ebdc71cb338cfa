"""Whether there is a GPU, whether this build has code for its chip, and whether it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .finding import Finding, Verdict, Words
from .seen import Seen

JETSON_CHIPS = {"tegra234": ("Orin", 87), "tegra264": ("Thor", 110)}
"""By their name in the device tree: what they are called, and the compute capability times ten."""
DEVICES = ("/dev/nvidiactl", "/dev/nvhost-gpu", "/dev/nvgpu", "/dev/nvmap")
"""NVIDIA's drivers: of cards, and of Jetsons."""

_SUBJECT = Words("GPU", "GPU")
_HERE = Words("{gpu} is here", "有 {gpu}")
_NONE = Words("none here: the CPU computes", "没有 GPU，由 CPU 计算")
_USED = Words("{gpu} is used by {users}", "{gpu} 正由 {users} 使用")
_UNUSED = Words("{gpu} is here, and nothing uses it", "有 {gpu}，但未被使用")
_DENIED = Words("{gpu} is here, but this container may not use it", "有 {gpu}，但此容器无权使用")
_FELL_BACK = Words(
    "this image was built for CUDA and runs on the CPU: {why}", "此镜像为 CUDA 构建，但在 CPU 上运行：{why}"
)
_BUILD = Words(
    "Use the image for Jetson, or build for it: CMAKE_ARGS=-DGGML_CUDA=on script/setup --llama (docs/jetson.md).",
    "请使用 Jetson 镜像，或自行编译：CMAKE_ARGS=-DGGML_CUDA=on script/setup --llama（见 docs/jetson.md）。",
)
_RUNTIME = Words(
    "Start the container with `runtime: nvidia`, as compose.yaml does.",
    "请像 compose.yaml 那样以 `runtime: nvidia` 启动容器。",
)


@dataclass(frozen=True, slots=True)
class Gpu:
    """What the machine has."""

    name: str
    usable: bool
    """Whether its driver is there for this process."""


def find_gpu(seen: Seen) -> Gpu | None:
    """Return the GPU that the driver or a Jetson's device tree tells of."""
    usable = seen.exists(*DEVICES)
    compatible = seen.text("/proc/device-tree/compatible")
    for chip, (name, capability) in JETSON_CHIPS.items():
        if chip in compatible:
            return Gpu(f"Jetson {name} (sm_{capability})", usable)
    return Gpu("NVIDIA", usable) if usable else None


def look(seen: Seen) -> Finding:
    """Compare what there is with what the server says it computes on."""
    gpu = find_gpu(seen)
    if why := "; ".join((seen.status.get("image") or {}).get("obstacles", ())):
        remedy = _BUILD if gpu is not None and gpu.usable else _RUNTIME
        return Finding("gpu", Verdict.PROBLEM, _SUBJECT, _FELL_BACK.filled(why=why), remedy)
    if gpu is None:
        return Finding("gpu", Verdict.OK, _SUBJECT, _NONE)
    if not gpu.usable:
        return Finding("gpu", Verdict.PROBLEM, _SUBJECT, _DENIED.filled(gpu=gpu.name), _RUNTIME)
    if not seen.status:  # nobody runs who could use it
        return Finding("gpu", Verdict.OK, _SUBJECT, _HERE.filled(gpu=gpu.name))
    if users := _users(seen.status):
        return Finding("gpu", Verdict.OK, _SUBJECT, _USED.filled(gpu=gpu.name, users=", ".join(users)))
    return Finding("gpu", Verdict.PROBLEM, _SUBJECT, _UNUSED.filled(gpu=gpu.name), _BUILD)


def _users(status: Mapping[str, Any]) -> list[str]:
    """Return which engines say that they compute on a GPU."""
    model = status.get("model") or {}
    named = [(str(each.get("engine")), each.get("device")) for each in status.get("servers") or ()]
    named.append((str(model.get("engine")), model.get("detail")))
    return [name for name, device in named if any(word in str(device).lower() for word in ("cuda", "gpu"))]
