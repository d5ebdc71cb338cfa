"""llama.cpp in the tests' own process."""

from __future__ import annotations

import atexit

from llama_cpp import _utils

for left_open in (_utils.outnull_file, _utils.errnull_file):
    atexit.register(left_open.close)  # else Python complains at its end
