"""How it is told that llama.cpp was compiled for another kind of processor than this one; needs no llama.cpp."""

from __future__ import annotations

LACKS_INSTRUCTIONS = "this processor lacks instructions that this build of llama.cpp needs (SIGILL)"
COMPILE_HERE = (
    "Compile it on this machine: pip install --force-reinstall --no-deps --no-cache-dir llama-cpp-python. A virtual "
    "machine may need to be given the processor of its host."
)
