"""PocketSphinx, which reads the sentences of this home and refuses all others. English; needs no download.

One utterance is heard up to four times: by the grammar of all sentences, by a trigram model of the same
words, and, to score what the grammar found, by the sentence itself and by a loop of phonemes. All decoders
belong to one home and are used under its lock; nothing of an utterance is left in them.
"""

from __future__ import annotations

import logging
import re
import tempfile
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pocketsphinx import Decoder, NGramModel, get_model_path  # type: ignore[attr-defined]
from rapidfuzz import fuzz

from ...errors import EngineUnavailableError
from ...home.model import Area, Entity, Floor, HomeSnapshot
from ...settings import Settings
from ...worker import Cancellation
from ..engine import Recognition, SttCapabilities, SttEngine, SttRequest, SttSession
from ..phrases.completion import Completion
from ..phrases.confidence import Evidence, believable
from ..phrases.grammar import Grammar, build_grammar, loop_of, one_of
from ..phrases.language_model import training_sentences, trigram_model
from ..phrases.pronunciation import Pronunciation, parse_dictionary
from ..phrases.sentences import Sentence, home_patterns
from ..phrases.snapping import SentenceIndex
from ..phrases.spoken import spoken_words
from ..phrases.vocabulary import PHONEME_WORD, PHONEMES, Vocabulary

_LOGGER = logging.getLogger(__name__)

LANGUAGES = ("en", "en-US", "en-GB", "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-ZA")

BEAMS = {"beam": 1e-60, "wbeam": 1e-40, "pbeam": 1e-60}
"""Of 18 recordings, the grammar reads 15 with the package's 1e-48 and 7e-29, and 16 from here on, however wide."""
GRAMMAR_WEIGHT = 1.0
"""Of 90 utterances (18 recordings as they are, faster, slower, noisier and cut), 84 are read at 1, 83 at 2 and 3,
74 at 6.5, which is the package's default."""
TRIGRAM_WEIGHT = 8.0
LOOP = loop_of([PHONEME_WORD.format(phoneme) for phoneme in PHONEMES], 0.02)
"""Any sounds in any order."""
PIECE_BYTES = 3200
"""A decoder keeps Python's global lock while it computes: 0.1 s of audio takes it 5 to 15 ms."""
RIVAL_SIMILARITY = 80.0
"""Of their sounds. `TV on` and `TV off` have 83, longer such pairs more; `open` and `close` 77, but nobody takes them
for each other."""
RIVALS = 24
"""Similar sentences to look at; many are other ways to say the same. With 10, `fifteen` was taken for `fifty` once in
45 synthesised commands, with 24 never."""
MIN_AUDIO_BYTES = 9600
"""Less than 0.3 s holds no sentence."""
FRAME_BYTES = 320
AROUND_FRAMES = 30
"""Silence that is kept before the first word and after the last when a sentence is scored."""
UNANIMOUS = 95.0
"""Where the trigram model agrees so well, the phoneme loop is not asked; no other speech agreed above 83."""
NOTHING = -1e9
"""The score of what cannot have been said at all."""
_EXTRA_NAME_ID = "switch.requested_{}"


class _Cancelled(Exception):  # noqa: N818 - not an error
    """Nobody wants the result any more."""


class _Decoder:
    """One PocketSphinx decoder, which hears every utterance as if it were its first."""

    def __init__(self, acoustics: Path, lexicon: Path, **options: Any) -> None:
        # With bestpath, which is the default, a grammar's hypothesis ends at any word.
        settings: dict[str, Any] = {"bestpath": False, "fwdflat": False, **BEAMS, **options}
        self.native = Decoder(hmm=str(acoustics), lm=None, dict=str(lexicon), loglevel="FATAL", **settings)

    def use_grammar(self, grammar: Grammar) -> None:
        """Hear sentences of this grammar."""
        arcs = [
            (arc.source, arc.target, arc.probability, *(() if arc.word is None else (arc.word,)))
            for arc in grammar.arcs
        ]
        self.native.add_fsg("grammar", self.native.create_fsg("grammar", grammar.start, grammar.end, arcs))
        self.native.activate_search("grammar")

    def use_trigrams(self, arpa: Path) -> None:
        """Hear any words of this language model."""
        model = NGramModel(self.native.config, self.native.logmath, str(arpa))
        self.native.add_lm("trigrams", model)
        self.native.activate_search("trigrams")

    def measure(self, pcm: bytes) -> str:
        """Return the mean of the audio's cepstrum, which every decoder needs beforehand."""
        self.native.reinit_feat()
        self.native.start_utt()
        self.native.process_raw(pcm, no_search=True, full_utt=True)
        mean: str = self.native.get_cmn()
        self.native.end_utt()
        return mean

    def hear(self, pcm: bytes, mean: str, cancellation: Cancellation) -> tuple[str, ...]:
        """Return the words that were heard; none if nothing fits."""
        # Else the noise of the last utterance would be filtered out of this one.
        self.native.reinit_feat()
        self.native.set_cmn(mean)
        self.native.start_utt()
        try:
            for start in range(0, len(pcm), PIECE_BYTES):
                if cancellation.cancelled:
                    raise _Cancelled
                self.native.process_raw(pcm[start : start + PIECE_BYTES])
        finally:
            self.native.end_utt()
        hypothesis = self.native.hyp()
        return tuple(hypothesis.hypstr.split()) if hypothesis and hypothesis.hypstr else ()

    @property
    def score(self) -> float:
        """The logarithm of how well the last words explain the audio, in PocketSphinx's units."""
        return float(self.native.logmath.log(self.native.hyp().score))

    @property
    def spoken(self) -> list[tuple[int, int]]:
        """The first and last frame of each of the last utterance's words."""
        return [
            (segment.start_frame, segment.end_frame) for segment in self.native.seg() if segment.word[0] not in "<[("
        ]


class _HomeModel:
    """The decoders and sentences of one home."""

    def __init__(self, home: HomeSnapshot, dictionary: dict[str, list[Pronunciation]], acoustics: Path) -> None:
        self._vocabulary = Vocabulary(dictionary)
        patterns = [pattern for pattern in home_patterns(home) if self._vocabulary.sayable(pattern)]
        self._index = SentenceIndex(patterns, self._vocabulary.code)
        self._lock = threading.Lock()
        grammar = build_grammar(patterns)
        self.completion = Completion(patterns)
        # At the program's end this thread may still be writing while the folder is removed.
        with tempfile.TemporaryDirectory(prefix="sotto-phrases-", ignore_cleanup_errors=True) as folder:
            lexicon, arpa = Path(folder, "words.dict"), Path(folder, "trigrams.arpa")
            lexicon.write_text(self._vocabulary.lexicon(grammar.words), encoding="utf-8")
            arpa.write_text(trigram_model(training_sentences(patterns)), encoding="utf-8")
            self._meter = _Decoder(acoustics, lexicon, pl_window=0)
            self._reader = _Decoder(acoustics, lexicon, lw=GRAMMAR_WEIGHT)
            self._witness = _Decoder(acoustics, lexicon, lw=TRIGRAM_WEIGHT)
            # Scores can be compared only if they are relative to the same senones: to all of them.
            self._scorer = _Decoder(acoustics, lexicon, lw=1.0, compallsen=True)
            self._witness.use_trigrams(arpa)
        self._reader.use_grammar(grammar)
        self._meter.use_grammar(one_of([(PHONEME_WORD.format(PHONEMES[0]),)]))

    def recognize(self, pcm: bytes, cancellation: Cancellation) -> Sentence | None:
        """Return the sentence that was said, if one was. Raises _Cancelled."""
        with self._lock:
            mean = self._meter.measure(pcm)
            words = self._reader.hear(pcm, mean, cancellation)
            if not words:
                return None
            near = self._index.nearest(self._vocabulary.words_code(words), RIVALS)
            best = near[0].sentence
            rivals = [
                candidate.sentence
                for candidate in near
                if candidate.sentence.effect != best.effect and candidate.similarity >= RIVAL_SIMILARITY
            ]
            evidence = self._evidence(_around(self._reader.spoken, pcm), mean, words, rivals, cancellation)
        _LOGGER.debug("heard %s: %s", best, evidence)
        return best if believable(evidence) else None

    def _evidence(
        self, pcm: bytes, mean: str, words: tuple[str, ...], rivals: Sequence[Sentence], cancellation: Cancellation
    ) -> Evidence:
        code = self._vocabulary.words_code(words)
        heard = self._witness.hear(pcm, mean, cancellation)
        agreement = fuzz.ratio(code, self._vocabulary.words_code(heard))
        if agreement >= UNANIMOUS and not rivals:
            return Evidence(agreement, 0.0, -NOTHING, len(code) // 2)
        score = self._score(pcm, mean, one_of([words]), cancellation)
        frames = sum(last - first + 1 for first, last in self._scorer.spoken) if score > NOTHING else 1
        free = score if agreement >= UNANIMOUS else self._score(pcm, mean, LOOP, cancellation)
        others = [spoken_words(rival.text) for rival in rivals]
        rival = self._score(pcm, mean, one_of(others), cancellation) if others else NOTHING
        return Evidence(agreement, (free - score) / frames, score - rival, len(code) // 2)

    def _score(self, pcm: bytes, mean: str, grammar: Grammar, cancellation: Cancellation) -> float:
        self._scorer.use_grammar(grammar)
        return self._scorer.score if self._scorer.hear(pcm, mean, cancellation) else NOTHING


class PhrasesSession(SttSession):
    """One utterance, which is read anew each time it has grown."""

    def __init__(self, model: _HomeModel, language: str) -> None:
        self._model = model
        self._language = language
        self._pcm = bytearray()

    def feed(self, pcm: bytes) -> None:
        """See the base class."""
        self._pcm += pcm

    def recognize(self, cancellation: Cancellation) -> Recognition:
        """See the base class. A cancelled recognition is empty."""
        pcm = bytes(self._pcm[: len(self._pcm) // 2 * 2])
        if len(pcm) < MIN_AUDIO_BYTES:
            return Recognition("", self._language)
        try:
            sentence = self._model.recognize(pcm, cancellation)
        except _Cancelled:
            sentence = None
        if sentence is None:
            return Recognition("", self._language)
        return Recognition(sentence.text, self._language, complete=self._model.completion.is_complete(sentence.text))

    def close(self) -> None:
        """See the base class."""
        self._pcm.clear()


_CAPABILITIES = SttCapabilities(
    name="phrases",
    model="pocketsphinx-en-us",
    description="This home's own sentences, read with PocketSphinx",
    languages=LANGUAGES,
    attribution=("CMU Sphinx", "https://cmusphinx.github.io"),
    version=version("pocketsphinx"),
)


class PhrasesEngine(SttEngine):
    """Reads English commands that name what is in this home."""

    def __init__(self, *, model_dir: Path | None = None) -> None:
        """`model_dir` holds PocketSphinx's en-us model; by default the one in its package."""
        self._folder = model_dir or Path(get_model_path("en-us"))  # type: ignore[no-untyped-call]
        self._dictionary: dict[str, list[Pronunciation]] | None = None
        self._home = HomeSnapshot()
        self._model: _HomeModel | None = None
        self._widened: tuple[tuple[Entity, ...], _HomeModel] | None = None
        """The home with the names that the last request brought along."""

    @property
    def capabilities(self) -> SttCapabilities:
        """See the base class."""
        return _CAPABILITIES

    def load(self) -> None:
        """See the base class."""
        try:
            with (self._folder / "cmudict-en-us.dict").open(encoding="utf-8") as lines:
                self._dictionary = parse_dictionary(lines)
            self._model = self._build(self._home, self._dictionary)
        except (OSError, RuntimeError, ValueError) as err:
            raise EngineUnavailableError(
                f"PocketSphinx's English model in {self._folder} cannot be read: {err}.",
                remedy="Install it anew: pip install --force-reinstall pocketsphinx",
            ) from err

    def set_home(self, home: HomeSnapshot) -> None:
        """See the base class. Takes a tenth of a second for a small home."""
        self._home = home
        if self._dictionary is not None:
            self._model = self._build(home, self._dictionary)
            self._widened = None

    def start_session(self, request: SttRequest) -> SttSession:
        """See the base class. Names that the home lacks are taken for things that can be switched.

        Raises EngineUnavailableError before `load`.
        """
        if self._model is None or self._dictionary is None:
            raise EngineUnavailableError("The phrases engine is not loaded.", remedy="Call load first.")
        missing = _missing(request.names, self._home)
        model = self._with(missing, self._dictionary) if missing else self._model
        return PhrasesSession(model, request.language or "en")

    def _with(self, missing: tuple[Entity, ...], dictionary: dict[str, list[Pronunciation]]) -> _HomeModel:
        if self._widened is None or self._widened[0] != missing:
            home = replace(self._home, entities=(*self._home.entities, *missing))
            self._widened = missing, self._build(home, dictionary)
        return self._widened[1]

    def _build(self, home: HomeSnapshot, dictionary: dict[str, list[Pronunciation]]) -> _HomeModel:
        return _HomeModel(home, dictionary, self._folder / "en-us")


def _around(spoken: Sequence[tuple[int, int]], pcm: bytes) -> bytes:
    """Return the part of the audio in which the words are; half of a command's audio is silence."""
    first = max(0, spoken[0][0] - AROUND_FRAMES)
    last = spoken[-1][1] + AROUND_FRAMES
    return pcm[first * FRAME_BYTES : last * FRAME_BYTES]


def _missing(names: Iterable[str], home: HomeSnapshot) -> tuple[Entity, ...]:
    """Return entities with the names that nothing in the home has."""
    groups: tuple[Iterable[Entity | Area | Floor], ...] = (home.entities, home.areas, home.floors)
    known = {name.casefold() for group in groups for thing in group for name in thing.names}
    return tuple(
        Entity(_EXTRA_NAME_ID.format(number), name)
        for number, name in enumerate(names)
        if name.casefold() not in known and re.search(r"[A-Za-z]", name)
    )


def create(settings: Settings) -> SttEngine:
    """Make the engine; it has no settings of its own, since its model and its sentences come with it."""
    del settings
    return PhrasesEngine()
