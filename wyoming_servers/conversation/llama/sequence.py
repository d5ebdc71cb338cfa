"""The tokens that the model has evaluated: what a prompt shares with them is not evaluated again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from ...errors import EngineError
from .native import BATCH, AbortedError, NativeModel
from .pace import Pace
from .prefixes import PrefixStore

_STEP_S = 0.2
"""A step that is stopped is lost."""
_GPU_STEP_S = 0.05
"""There a step that has begun cannot be stopped."""
_POINTS = 3


def shared(first: Sequence[int], second: Sequence[int]) -> int:
    """Return how many tokens two sequences have in common from the beginning."""
    one, other = list(first), list(second)
    same, most = 0, min(len(one), len(other))
    while same < most:
        middle = (same + most + 1) // 2
        if one[same:middle] == other[same:middle]:
            same = middle
        else:
            most = middle - 1
    return same


class EvaluatedSequence:
    """What the model has in its cache, token by token."""

    def __init__(self, model: NativeModel, store: PrefixStore, on_step: Callable[[], None]) -> None:
        """Create it empty; `on_step` is called whenever some tokens were evaluated."""
        self._model = model
        self._store = store
        self._on_step = on_step
        self._pace = Pace(_GPU_STEP_S if model.on_gpu else _STEP_S, BATCH)
        self._tokens: list[int] = []
        self._points: list[tuple[list[int], bytearray]] = []
        """Where a model that cannot take anything back may return to."""
        self.system = 0
        """How many of the tokens are what all prompts of this kind begin with."""

    @property
    def length(self) -> int:
        """How many tokens were evaluated."""
        return len(self._tokens)

    @property
    def needs_points(self) -> bool:
        """Whether it can only go back to points that were noted with `remember_point`."""
        return not self._model.can_forget

    def reuse(self, prompt: Sequence[int], system: int) -> int:
        """Keep what a prompt begins with, from memory or disk, drop the rest; returns how many tokens are left.

        At least the prompt's last token is left to evaluate: the model's answer comes from it.
        """
        self._keep(prompt)
        if len(self._tokens) < system < len(prompt):
            self._restore_saved(prompt[:system])
        self.system = 0
        return len(self._tokens)

    def extend(self, tokens: Sequence[int]) -> None:
        """Evaluate further tokens; raises AbortedError when stopped, and keeps what was evaluated until then."""
        at = 0
        while at < len(tokens):
            chunk = tokens[at : at + self._pace.step]
            start = monotonic()
            self._evaluate(chunk)
            self._pace.learn(len(chunk), monotonic() - start)
            at += len(chunk)
            self._on_step()

    def remember_point(self) -> None:
        """Note that prompts will come that share what was evaluated so far, but not what follows."""
        if not self.needs_points or any(tokens == self._tokens for tokens, _ in self._points):
            return
        state = self._model.state(len(self._tokens))
        if state is not None:
            self._points = [*self._points[1 - _POINTS :], (list(self._tokens), state)]

    @property
    def unsaved(self) -> bool:
        """Whether the beginning that all prompts share should be written to disk."""
        return 0 < self.system <= len(self._tokens) and self._store.wants(self._tokens[: self.system])

    def save(self) -> None:
        """Write it. To be called when nothing waits."""
        tokens, self.system = self._tokens[: self.system], 0
        state = self._known_state(tokens)
        if state is not None:
            self._store.save(tokens, state)

    def close(self) -> None:
        """Wait for what is being written."""
        self._store.close()

    def _known_state(self, tokens: list[int]) -> bytearray | None:
        if self._model.can_forget:
            return self._model.state(len(tokens))
        return next((state for known, state in self._points if known == tokens), None)

    def _keep(self, prompt: Sequence[int]) -> None:
        common = min(shared(self._tokens, prompt), len(prompt) - 1)
        if common == len(self._tokens):
            return
        if self._model.can_forget and self._model.forget_from(common):
            del self._tokens[common:]
            return
        self._return_to_point(prompt)

    def _return_to_point(self, prompt: Sequence[int]) -> None:
        fitting = [point for point in self._points if len(point[0]) < len(prompt) and self._begins(prompt, point[0])]
        tokens, state = max(fitting, key=lambda point: len(point[0]), default=([], None))
        if state is not None and self._model.restore(state):
            self._tokens = list(tokens)
        else:
            self._forget_everything()

    @staticmethod
    def _begins(prompt: Sequence[int], beginning: Sequence[int]) -> bool:
        return shared(prompt, beginning) == len(beginning)

    def _restore_saved(self, tokens: Sequence[int]) -> None:
        state = self._store.load(tokens, (len(tokens) - len(self._tokens)) / self._pace.tokens_per_s)
        if state is None:
            return
        if self._model.restore(state) and self._model.evaluated == len(tokens):
            self._tokens = list(tokens)
            self.remember_point()
            return
        self._store.discard(tokens)
        self._forget_everything()

    def _evaluate(self, chunk: Sequence[int]) -> None:
        try:
            self._model.evaluate(chunk)
        except AbortedError:
            self._repair(chunk)
            raise
        except EngineError:
            self._forget_everything()
            raise
        self._tokens += chunk

    def _repair(self, chunk: Sequence[int]) -> None:
        """Bring the list of tokens in line with what the model has after a computation was stopped."""
        if not self._model.can_forget:
            self._forget_everything()
            return
        evaluated = self._model.evaluated
        self._tokens = [*self._tokens, *chunk][:evaluated]
        self._model.forget_from(evaluated)

    def _forget_everything(self) -> None:
        self._model.clear()
        self._tokens = []
