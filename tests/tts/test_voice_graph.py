"""Where a voice's graph is cut, on the stand-in's real graph and on what becomes of it when something is not local."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.stand_in_piper import make_piper
from wyoming_servers.tts.voice_graph import NotDivisibleError, cut_in_two, find_cut


@pytest.fixture
def model(piper_voices: Path) -> Any:
    return onnx.load(str(piper_voices / "en_US-noise-low.onnx"))


def nodes(model: Any, kind: str) -> list[Any]:
    return [node for node in model.graph.node if node.op_type == kind]


def attribute(node: Any, name: str) -> Any:
    return next(each for each in node.attribute if each.name == name)


def test_a_voice_is_cut_where_its_rate_begins_to_rise(model: Any) -> None:
    assert find_cut(model.graph).tensor == nodes(model, "ConvTranspose")[0].input[0]
    assert find_cut(model.graph).samples_per_frame == 256


def test_what_a_frame_depends_on_follows_from_the_convolutions(tmp_path: Path) -> None:
    """Of a "medium" voice: 3 and 45 samples, at a quarter of the rate 13 and 45 more, at an eighth of that 8 and 45."""
    cut = find_cut(onnx.load(str(make_piper("medium", tmp_path / "voice.onnx"))).graph)
    assert (cut.frames_before, cut.frames_after) == (8, 8)


def test_the_halves_share_no_weights_and_have_one_tensor_between_them(model: Any) -> None:
    weights = {each.name for each in model.graph.initializer}
    size, cut = model.ByteSize(), find_cut(model.graph)
    decoder = cut_in_two(model, cut)
    first, second = ({each.name for each in half.graph.initializer} for half in (model, decoder))
    assert first | second == weights
    assert not first & second
    assert model.ByteSize() + decoder.ByteSize() < size + 1000
    assert [each.name for each in model.graph.output] == [each.name for each in decoder.graph.input] == [cut.tensor]


def test_a_constant_that_both_halves_use_is_in_both(model: Any) -> None:
    shared = nodes(model, "Div")[0].input[1]
    nodes(model, "Mul")[-1].input.append(shared)
    decoder = cut_in_two(model, find_cut(model.graph))
    for half in (model, decoder):
        assert shared in {each.name for each in half.graph.initializer}


def test_what_only_a_branch_of_the_first_half_uses_stays(model: Any) -> None:
    branch = helper.make_graph([helper.make_node("Identity", ["used_inside"], ["same"])], "then", [], [])
    model.graph.initializer.append(numpy_helper.from_array(np.ones(1, np.float32), "used_inside"))
    nodes(model, "Gather")[0].attribute.append(helper.make_attribute("then_branch", branch))
    cut_in_two(model, find_cut(model.graph))
    assert "used_inside" in {each.name for each in model.graph.initializer}


def around(model: Any) -> None:
    """Let what the sentence is made from reach the last layer directly."""
    model.graph.node[-1].input[0] = nodes(model, "Gather")[0].output[0]


def over_time(model: Any) -> None:
    """Add a constant to the last layer that is not the same at all times."""
    model.graph.initializer.append(numpy_helper.from_array(np.zeros((1, 1, 8), np.float32), "varying"))
    model.graph.node.insert(
        len(model.graph.node) - 1, helper.make_node("Add", [model.graph.node[-1].input[0], "varying"], ["sum"])
    )
    model.graph.node[-1].input[0] = "sum"


def between(kind: str, **attributes: Any) -> Callable[[Any], None]:
    """Put a layer before the last one."""

    def change(model: Any) -> None:
        made = helper.make_node(kind, [model.graph.node[-1].input[0]], ["between"], **attributes)
        model.graph.node.insert(len(model.graph.node) - 1, made)
        model.graph.node[-1].input[0] = "between"

    return change


def last_convolution(name: str, *values: int) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        attribute(nodes(model, "Conv")[-1], name).ints[:] = values

    return change


def two_rates(model: Any) -> None:
    """Add up what two steps of the decoder make."""
    nodes(model, "Add")[-1].input[1] = nodes(model, "ConvTranspose")[1].output[0]


def no_decoder(model: Any) -> None:
    for node in nodes(model, "ConvTranspose"):
        node.op_type = "Resize"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (around, "goes around the cut"),
        (over_time, "Add"),
        (between("Softmax", axis=-1), "Softmax"),
        (between("InstanceNormalization"), "InstanceNormalization"),
        (between("RandomNormalLike"), "RandomNormalLike"),
        (between("Tanh", domain="com.microsoft"), "com.microsoft.Tanh"),
        (last_convolution("pads", 6, 6), "does not keep the length"),
        (lambda model: attribute(nodes(model, "ConvTranspose")[1], "pads").ints.__setitem__(0, 0), "keep the length"),
        (two_rates, "different rates"),
        (no_decoder, "nothing raises the rate"),
    ],
)
def test_a_voice_whose_second_half_is_not_local_in_time_is_not_cut(
    model: Any, change: Callable[[Any], None], reason: str
) -> None:
    change(model)
    with pytest.raises(NotDivisibleError, match=reason):
        find_cut(model.graph)


def test_a_speaker_has_a_share_in_the_first_half_only(tmp_path: Path) -> None:
    model = onnx.load(str(make_piper("nano", tmp_path / "voice.onnx", speakers=["anna", "bernd"])))
    decoder = cut_in_two(model, find_cut(model.graph))
    assert "sid" in {each.name for each in model.graph.input}
    assert [each.name for each in decoder.graph.input] == [model.graph.output[0].name]
    assert decoder.graph.input[0].type.tensor_type.elem_type == TensorProto.FLOAT
