"""The pure parts of the `phrases` engine: notation, spoken words, pronunciation, sentences, grammar, model."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wyoming_servers.home.model import Area, Entity, Floor, HomeSnapshot
from wyoming_servers.stt.phrases.confidence import GAP_LIMIT, MARGIN, Evidence, believable
from wyoming_servers.stt.phrases.grammar import Grammar, build_grammar
from wyoming_servers.stt.phrases.language_model import trigram_model
from wyoming_servers.stt.phrases.notation import variants
from wyoming_servers.stt.phrases.pronunciation import parse_dictionary, pronunciations
from wyoming_servers.stt.phrases.sentences import Pattern, home_patterns
from wyoming_servers.stt.phrases.slots import VALUES
from wyoming_servers.stt.phrases.snapping import SentenceIndex, sample_indices, sound_code
from wyoming_servers.stt.phrases.spoken import number_words, spoken_words
from wyoming_servers.stt.phrases.templates import TEMPLATES
from wyoming_servers.stt.phrases.vocabulary import PHONEMES

HOME = HomeSnapshot(
    floors=(Floor("up", "Upstairs"),),
    areas=(Area("kitchen", "Kitchen", floor_id="up"), Area("office", "Office")),
    entities=(
        Entity("light.bed", "Bed Light", ("Night Lamp",), area_id="kitchen"),
        Entity("lock.front", "Front Door"),
        Entity("cover.blind", "Left Blind", area_id="kitchen", device_class="blind"),
        Entity("todo.shopping", "Shopping List"),
        Entity("sensor.humidity", "Outdoor Humidity"),
    ),
)
DICTIONARY = parse_dictionary(["eco IY K OW", "eco(2) EH K OW", "bee B IY", "zig Z IH G", "light L AY T", "yee Y IY"])


def texts(home: HomeSnapshot) -> set[str]:
    return {pattern.text for pattern in home_patterns(home)}


# Notation


def test_optional_words_and_alternatives_give_every_variant_once() -> None:
    found = {variant.text: variant.share for variant in variants("(set|turn) [the] {name} to [to] x")}
    assert found == {
        f"{verb} {the}{{name}} to {to}x": 0.125
        for verb in ("set", "turn")
        for the in ("", "the ")
        for to in ("", "to ")
    }


def test_alternatives_may_be_nested() -> None:
    assert {variant.text for variant in variants("a [(b|c [d])]")} == {"a", "a b", "a c", "a c d"}


@pytest.mark.parametrize("template", ["a [b", "a (b|c", "a b]", "a b)"])
def test_a_missing_bracket_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="template"):
        variants(template)


@pytest.mark.parametrize("template", [template.text for template in TEMPLATES])
def test_the_shares_of_a_templates_variants_add_up_to_one(template: str) -> None:
    assert sum(variant.share for variant in variants(template)) == pytest.approx(1)


# Spoken words


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("set Bed Light to 50%", "set bed light to fifty percent"),
        ("EcoBee", "eco bee"),
        ("what's the TV's volume", "what's the tv's volume"),
        ("20.5 degrees", "twenty point five degrees"),
        ("Café № 115", "cafe no one hundred fifteen"),
        ("Tom & Jerry", "tom and jerry"),
        ("Zone 12345", "zone one two three four five"),
    ],
)
def test_text_becomes_the_words_that_are_said(text: str, spoken: str) -> None:
    assert " ".join(spoken_words(text)) == spoken


@given(st.integers(0, 9999))
def test_every_number_has_words_of_its_own(number: int) -> None:
    words = number_words(number)
    assert words
    assert all(word.isalpha() for word in words)
    assert number == 0 or words != number_words(number - 1)


@given(st.text(max_size=40))
def test_any_text_becomes_lower_case_words(text: str) -> None:
    assert all(word == word.lower() and not re.search(r"[\s\d]", word) for word in spoken_words(text))


# Pronunciation


def test_the_dictionary_knows_alternatives() -> None:
    assert pronunciations("eco", DICTIONARY) == ["IY K OW", "EH K OW"]


@pytest.mark.parametrize(
    ("word", "phonemes"),
    [
        ("ecobee", "IY K OW B IY"),
        ("yeelight", "Y IY L AY T"),
        ("hvc", "EY CH V IY S IY"),
        ("bee's", "B IY Z"),
        ("light's", "L AY T S"),
        ("shome", "SH OW M"),
        ("tasmota", "T AE S M AA T AH"),
    ],
)
def test_a_word_that_is_not_in_the_dictionary_is_made_up(word: str, phonemes: str) -> None:
    assert pronunciations(word, DICTIONARY) == [phonemes]


def test_a_word_in_other_letters_has_no_pronunciation() -> None:
    assert pronunciations("\u706f", DICTIONARY) == []


@given(st.from_regex(r"[a-z]{1,12}('s)?", fullmatch=True))
def test_any_english_word_can_be_said_in_the_models_phonemes(word: str) -> None:
    for sounds in pronunciations(word, DICTIONARY):
        assert set(sounds.split()) <= set(PHONEMES)
        assert sound_code(sounds)


# Sentences


def test_a_home_is_told_what_suits_it() -> None:
    found = texts(HOME)
    assert {"turn on the Bed Light", "turn off Night Lamp", "lock the Front Door", "is the Front Door locked"} <= found
    assert {"turn on the lights in the Kitchen", "open the blinds in the Kitchen", "what's the weather"} <= found
    assert {"add {item} to my Shopping List", "set a timer for {minutes}", "turn on the Upstairs lights"} <= found


def test_a_home_is_not_told_what_makes_no_sense() -> None:
    found = texts(HOME)
    assert not {"turn on the Front Door", "lock the Bed Light", "pause", "open the blinds in the Office"} & found


@pytest.mark.parametrize(
    "name", ["{percent}", "{name}", "Fan {area}", "{its_area} lamp", "{", "a|b", "[x", "(y", "<z>"]
)
def test_a_name_in_brackets_is_a_name_and_no_slot(name: str) -> None:
    odd = replace(HOME, entities=(*HOME.entities, Entity("light.odd", name, area_id=HOME.areas[0].area_id)))
    patterns = home_patterns(odd)
    assert {slot for pattern in patterns for slot in pattern.slots} <= VALUES.keys()
    assert len(patterns) >= len(home_patterns(HOME))


def test_on_and_off_differ_in_effect_and_ways_of_saying_the_same_do_not() -> None:
    effects = {pattern.text: pattern.effect for pattern in home_patterns(HOME)}
    assert effects["turn on the Bed Light"] == effects["switch on Bed Light"] == effects["activate the Bed Light"]
    assert effects["turn on the Bed Light"] == effects["turn on Night Lamp"]
    assert effects["turn on the Bed Light"] != effects["turn off the Bed Light"]
    assert effects["lock the Front Door"] != effects["unlock the Front Door"]


def test_the_sentences_of_a_pattern_are_all_different() -> None:
    pattern = Pattern("set a timer for {hours} and {minutes}", "timer", 1.0)
    sentences = list(pattern.sentences())
    assert len({sentence.text for sentence in sentences}) == len(sentences) == pattern.size
    assert len({sentence.effect for sentence in sentences}) == pattern.size
    assert sum(sentence.weight for sentence in sentences) == pytest.approx(1)


@given(st.integers(1, 30), st.sampled_from(sorted(VALUES)))
def test_samples_are_different_sentences(count: int, slot: str) -> None:
    pattern = Pattern(f"a {{{slot}}} b {{minutes}}", "x", 1.0)
    indices = sample_indices(pattern, count)
    assert len(set(indices)) == len(indices) == min(count, pattern.size)


@pytest.mark.parametrize("slot", sorted(VALUES))
def test_the_shares_of_a_slots_values_add_up_to_one(slot: str) -> None:
    assert sum(value.share for value in VALUES[slot]) == pytest.approx(1)


# Grammar

WORDS = st.lists(st.sampled_from(["turn", "on", "off", "the", "light", "{color}"]), min_size=1, max_size=5).map(
    " ".join
)
PLAIN_WORDS = WORDS.filter(lambda line: "{" not in line)


def accepts(grammar: Grammar, words: tuple[str, ...]) -> bool:
    """Whether the grammar has a way through; empty arcs are followed one at a time, as PocketSphinx does."""
    states = {grammar.start}
    for word in words:
        states = {arc.target for arc in grammar.arcs if arc.source in states and arc.word == word}
    return any(arc.source in states and arc.word is None and arc.target == grammar.end for arc in grammar.arcs)


@settings(max_examples=50, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=8, unique=True))
def test_a_grammar_reads_its_sentences(lines: list[str]) -> None:
    patterns = [Pattern(line, line, 1.0) for line in lines]
    grammar = build_grammar(patterns)
    assert all(
        accepts(grammar, spoken_words(pattern.sentence(index).text)) for pattern in patterns for index in (0, 3, 7)
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(PLAIN_WORDS, min_size=1, max_size=8, unique=True))
def test_a_grammar_reads_no_other_sentence(lines: list[str]) -> None:
    grammar = build_grammar([Pattern(line, line, 1.0) for line in lines])
    whole = {tuple(line.split()) for line in lines}
    others = {(*words, "on") for words in whole} | {words[:-1] for words in whole} | {words[1:] for words in whole}
    assert not any(accepts(grammar, words) for words in others - whole)


@settings(max_examples=50, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=8, unique=True))
def test_the_probabilities_of_leaving_a_state_add_up_to_one(lines: list[str]) -> None:
    leaving: dict[int, float] = defaultdict(float)
    for arc in build_grammar([Pattern(line, line, 1.0 + len(line)) for line in lines]).arcs:
        leaving[arc.source] += arc.probability
    assert all(total == pytest.approx(1) for total in leaving.values())


def test_a_grammar_shares_what_its_sentences_share() -> None:
    many = build_grammar([Pattern(f"set lamp {word} to {{percent}}", word, 1.0) for word in ("a", "b", "c", "d")])
    one = build_grammar([Pattern("set lamp a to {percent}", "a", 1.0)])
    assert len(many.arcs) <= len(one.arcs) + 3


# Language model


def test_the_trigram_model_knows_what_follows_what() -> None:
    arpa = trigram_model([(("turn", "on"), 3.0), (("turn", "off"), 1.0)])
    lines = {" ".join(line.split()[1:4]): float(line.split()[0]) for line in arpa.splitlines() if "<s> turn o" in line}
    assert lines["<s> turn on"] - lines["<s> turn off"] == pytest.approx(math.log10(3), abs=1e-3)
    assert re.search(r"ngram 1=\d+\nngram 2=\d+\nngram 3=\d+", arpa)


@given(st.lists(st.tuples(st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(tuple), st.floats(0.01, 9))))
def test_the_words_of_the_model_have_probabilities_that_add_up_to_one(
    lines: list[tuple[tuple[str, ...], float]],
) -> None:
    arpa = trigram_model([*lines, (("a",), 1.0)])
    unigrams = arpa.partition("\\1-grams:\n")[2].partition("\n\n")[0].splitlines()
    assert sum(10 ** float(line.split()[0]) for line in unigrams) == pytest.approx(1, abs=1e-2)


# Snapping and confidence


def coded(text: str) -> str:
    return "".join(pronunciations(word, DICTIONARY)[0] + " " for word in spoken_words(text))


def test_the_nearest_sentence_is_the_one_itself_also_in_a_large_slot() -> None:
    patterns = home_patterns(HOME)
    index = SentenceIndex(patterns, lambda text: sound_code(coded(text)))
    for text in ("turn on the Bed Light", "set Bed Light brightness to 73 percent", "add eggs to my Shopping List"):
        best = index.nearest(sound_code(coded(text)), 5)[0]
        assert best.sentence.text == text
        assert best.similarity == 100


def test_rivals_of_a_sentence_are_found() -> None:
    index = SentenceIndex(home_patterns(HOME), lambda text: sound_code(coded(text)))
    near = index.nearest(sound_code(coded("turn on the Bed Light")), 10)
    assert "turn off the Bed Light" in {candidate.sentence.text for candidate in near}


GOOD = Evidence(agreement=100, gap=0, margin=MARGIN * 2, phonemes=12)


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (GOOD, True),
        (Evidence(50, GAP_LIMIT, MARGIN, 12), True),
        (Evidence(50, GAP_LIMIT + 1, MARGIN, 12), False),
        (Evidence(100, 0, MARGIN - 1, 12), False),
        (Evidence(80, 0, MARGIN * 2, 5), False),
        (Evidence(100, 0, MARGIN * 2, 3), True),
    ],
)
def test_a_sentence_is_believed_on_evidence(evidence: Evidence, *, said: bool) -> None:
    assert believable(evidence) is said
