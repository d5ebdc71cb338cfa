"""The gate: fitting, choosing a threshold, and households with next to nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.knowledge.answer_types import asked_for
from wyoming_servers.conversation.knowledge.asked import index_words
from wyoming_servers.conversation.knowledge.document import Document, Found, Kind, Passage
from wyoming_servers.conversation.knowledge.features import NAMES, Evidence, Retrieved, evidence, row_of
from wyoming_servers.conversation.knowledge.gate import Example, calibrate, prior, restored, uncalibrated
from wyoming_servers.conversation.knowledge.manner import manner
from wyoming_servers.conversation.knowledge.regression import Weights, fit
from wyoming_servers.conversation.knowledge.starter import starter
from wyoming_servers.conversation.knowledge.synthesis import Origin, made_of
from wyoming_servers.conversation.knowledge.threshold import at_least, choose, curve, thinned

MANUAL = Document(
    "d1", "dishwasher.pdf", "Dishwasher manual", Kind.TEXT, "0" * 64, 1, datetime(2026, 11, 20, tzinfo=UTC)
)
E24 = Passage("E24: the waste water does not run off. Straighten the hose.", ("Error codes",), 12, 20)
SALT = Passage("Refill salt when the lamp lights. Use the funnel.", ("Salt",), 4, 20)
DOCUMENTS = [(E24, MANUAL), (SALT, MANUAL)]


def search(question: str) -> Retrieved:
    """Find the two passages by how many words of a question they have."""
    words = index_words(question)
    texts = [f"{passage.text} {passage.headings[0]}".casefold() for passage, _ in DOCUMENTS]
    scores = [float(sum(word in text for word in words)) for text in texts]
    found = [
        Found(passage, document, number, score, bm25=score)
        for number, ((passage, document), score) in enumerate(zip(DOCUMENTS, scores, strict=True))
        if score
    ]
    frequency = {word: sum(word in text for text in texts) for word in words}
    return Retrieved(question, tuple(sorted(found, key=lambda each: -each.score)), frequency, len(DOCUMENTS))


def nothing(question: str) -> Retrieved:
    return Retrieved(question, (), {}, 0)


def test_a_named_code_that_is_there_is_evidence_and_one_that_is_not_is_none() -> None:
    there, absent = evidence(search("what does E24 mean")), evidence(search("what does E25 mean on the dishwasher"))
    assert (there.code_found, there.code_missed) == (1, 0)
    assert (absent.code_found, absent.code_missed) == (0, 1) or absent == Evidence()


def test_what_a_command_has_in_common_with_a_manual_is_no_evidence_that_it_is_asked() -> None:
    assert evidence(search("refill the salt with the funnel")).asked_covered == 0
    assert evidence(search("how do I refill the salt with the funnel")).asked_covered > 0


@pytest.mark.parametrize(
    ("said", "sign"),
    [
        ("how do I refill the salt", "is_open"),
        ("can I put wood in it", "asks_whether"),
        ("is the dishwasher still running", "asks_state"),
        ("洗衣机洗完了吗", "asks_state"),
        ("turn on the dishwasher", "is_command"),
        ("把洗碗机打开", "is_command"),
        ("the minister said nothing", "is_remark"),
        ("what does it cost tonight", "is_moment"),
        ("who gave it to us and when was it bought", "is_past"),
        ("and and the the when is is paper", "is_broken"),
        ("the display shows E24", "is_trouble"),
    ],
)
def test_a_sentence_shows_how_it_is_said(said: str, sign: str) -> None:
    assert getattr(manner(said), sign)


@given(st.text(max_size=80))
def test_anything_said_has_finite_features(said: str) -> None:
    assert np.isfinite(row_of(search(said))).all()
    assert len(row_of(nothing(said))) == len(NAMES)


def flat(width: int) -> Weights:
    return Weights(0.0, np.zeros(width), np.zeros(width), np.ones(width))


def test_a_regression_finds_what_tells() -> None:
    chance = np.random.default_rng(1)
    rows = chance.normal(size=(400, 3))
    wanted = (rows[:, 1] > 0).astype(float)
    fitted = fit(rows, wanted, np.ones(400), flat(3), 1.0)
    assert fitted.weights[1] > 10 * abs(fitted.weights[[0, 2]]).max()
    assert ((fitted.probabilities(rows) > 0.5) == (wanted > 0)).mean() > 0.95


def test_a_strong_penalty_keeps_what_was_known_before() -> None:
    before = Weights(0.5, np.asarray([2.0, -1.0]), np.zeros(2), np.ones(2))
    rows = np.asarray([[1.0, 0.0], [0.0, 1.0]])
    fitted = fit(rows, np.asarray([0.0, 1.0]), np.ones(2), before, 1e6)
    assert fitted.weights == pytest.approx(before.weights, abs=1e-3)


@given(st.integers(0, 1), st.integers(1, 30))
def test_examples_of_one_kind_alone_leave_everything_finite(kind: int, count: int) -> None:
    fitted = fit(np.ones((count, 2)), np.full(count, float(kind)), np.ones(count), flat(2), 1.0)
    assert np.isfinite(fitted.weights).all()
    assert np.isfinite(fitted.offset)


judged = st.lists(st.tuples(st.floats(0.01, 0.99), st.booleans(), st.floats(0.1, 5)), max_size=60)


def columns(rows: list[tuple[float, bool, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        np.asarray([row[0] for row in rows], dtype=np.float64),
        np.asarray([float(row[1]) for row in rows]),
        np.asarray([row[2] for row in rows], dtype=np.float64),
    )


@given(judged, st.floats(0.5, 0.99), st.floats(0.5, 0.99))
def test_a_higher_precision_never_gives_a_lower_threshold(
    rows: list[tuple[float, bool, float]], one: float, other: float
) -> None:
    points = curve(*columns(rows))
    low, high = choose(points, min(one, other))[0], choose(points, max(one, other))[0]
    assert (low is None) == (high is None)
    assert low is None or high is None or low.threshold <= high.threshold


@given(judged)
def test_a_curve_goes_from_few_answers_to_all(rows: list[tuple[float, bool, float]]) -> None:
    points = curve(*columns(rows))
    coverages = [point.coverage for point in points]
    assert coverages == sorted(coverages)
    assert all(0 <= point.at_least <= point.precision + 1e-9 for point in points)
    assert thinned(points, 5)[:1] + thinned(points, 5)[-1:] == points[:1] + points[-1:]


@given(st.floats(0, 1), st.floats(1, 1e6))
def test_the_bound_is_below_what_was_seen_and_comes_nearer_with_more(part: float, tries: float) -> None:
    assert at_least(part, tries) <= part + 1e-9
    assert at_least(part, tries) <= at_least(part, 2 * tries) + 1e-9


def test_a_household_without_documents_answers_nothing() -> None:
    gate = calibrate(nothing, [])
    assert gate.report is not None
    assert not gate.report.reached
    assert gate.report.chosen is None
    assert not gate.judge(nothing("what does E24 mean")).confident


def test_one_document_is_enough_to_tell_its_question_from_small_talk() -> None:
    gate = calibrate(search, DOCUMENTS)
    asked = gate.judge(search("what does E24 mean, does the waste water not run off"))
    talk = gate.judge(search("good night sleep well"))
    assert asked.probability > talk.probability
    assert not talk.confident


def test_a_report_that_was_kept_is_the_same_gate() -> None:
    gate = calibrate(search, DOCUMENTS, [Example("is it for me", wanted=False)])
    assert gate.report is not None
    again = restored(gate.report.to_json(), [Example("is it for me", wanted=False)])
    assert again.report == gate.report
    assert again.known == gate.known
    assert again.judge(search("what is E24")) == gate.judge(search("what is E24"))
    assert gate.report.counts.own_unanswered == 1


@pytest.mark.parametrize("report", ["", "null", "[]", "{}", '{"version": 0}', '{"version": 1}'])
def test_a_report_of_another_version_is_refused(report: str) -> None:
    with pytest.raises(ValueError):
        restored(report, [])


def test_a_report_with_other_features_is_refused() -> None:
    gate = calibrate(search, DOCUMENTS)
    assert gate.report is not None
    with pytest.raises(ValueError, match="features"):
        restored(replace(gate.report, weights={"other": (1.0, 0.0, 1.0)}).to_json(), [])


def test_what_the_household_says_of_a_sentence_settles_the_same_sentence() -> None:
    gate = calibrate(search, DOCUMENTS, [Example("What does E24 mean?", wanted=False), Example("and so", wanted=True)])
    assert not gate.judge(search("what does e24 mean")).confident


def test_before_the_first_calibration_only_what_is_nearly_certain_is_answered() -> None:
    assert uncalibrated(0.9).threshold == 0.9
    assert len(prior().weights) == len(NAMES)


def test_questions_are_made_of_the_documents_and_are_the_same_every_time() -> None:
    trials = made_of(DOCUMENTS, lambda _: 0.5)
    assert trials == made_of(DOCUMENTS, lambda _: 0.5)
    assert {trial.origin for trial in trials} == {Origin.ANSWERED, Origin.NEAR_MISS}
    assert all(trial.hidden is None or trial.hidden[0] == "d1" for trial in trials)
    assert made_of([], lambda _: 0.5) == []


def test_a_question_that_is_made_asks_for_what_its_passage_has_and_some_near_misses_for_what_it_has_not() -> None:
    only = [(Passage("The hedge is 1.25 m high."), MANUAL)]
    trials = made_of(only, lambda _: 0.5)
    kinds = {origin: {kind.name for trial in trials if trial.origin is origin and (kind := asked_for(trial.text))}
             for origin in (Origin.ANSWERED, Origin.NEAR_MISS)}  # fmt: skip
    assert not kinds[Origin.ANSWERED] & {"money", "phone", "temperature", "loudness", "past"}
    assert kinds[Origin.NEAR_MISS] & {"money", "phone", "temperature", "loudness", "past"}


def test_the_starter_set_has_both_languages_and_no_sentence_twice() -> None:
    said = (*starter().said, *starter().near)
    chinese = sum(any("\u4e00" <= character <= "\u9fff" for character in each) for each in said)
    assert len(set(said)) == len(said) > 400
    assert 0.4 < chinese / len(said) < 0.6
