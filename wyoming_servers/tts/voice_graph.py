"""Cuts the ONNX graph of a Piper voice in two, so that the second half can be run on a part of a sentence.

A voice is VITS (https://arxiv.org/abs/2106.06103). Its encoder looks at the whole sentence; its decoder, HiFi-GAN, is
a stack of convolutions whose every sample depends on a few frames before and after. The graph is cut where the decoder
begins to raise the rate: there every path from the inputs has met, a speaker's share included, and one tensor of
(1, channels, frames) is all that goes across.

Pure logic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


class NotDivisibleError(Exception):
    """The graph is not made like a Piper voice's; the message says where."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a graph can be cut in two, and what the second half needs to know of its surroundings."""

    tensor: str
    """What goes across: (1, channels, frames)."""
    samples_per_frame: int
    frames_before: int
    """That the first sample of a frame depends on, besides the frame itself."""
    frames_after: int
    """That the last sample of a frame depends on."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """How samples of a tensor depend on those of the tensors it is made from, along time.

    To know it from `before` samples ahead of a place to `after` behind, its inputs must be known from
    `(before + self.before) // rate` samples ahead to `(after + self.after) // rate` behind.
    """

    node: Any
    inputs: tuple[str, ...]
    """Those that vary over time."""
    rate: int = 1
    """Samples for each sample of the inputs."""
    before: int = 0
    after: int = 0


_FLOAT = 1
"""TensorProto.FLOAT."""
_POINTWISE = frozenset({"Cast", "Identity", "LeakyRelu", "Relu", "Sigmoid", "Tanh"})
_POINTWISE_OF_TWO = frozenset({"Add", "Div", "Mul", "Sub"})


def find_cut(graph: Any) -> Cut:
    """Return where a GraphProto can be cut; raises NotDivisibleError if its second half cannot run on a part."""
    first = next((node for node in graph.node if node.op_type == "ConvTranspose"), None)
    if first is None:
        raise NotDivisibleError("nothing raises the rate")
    tensor = first.input[0]
    constants = {each.name: tuple(each.dims) for each in graph.initializer}
    layers = list(_layers(_nodes_after(graph, tensor), constants))
    needed = {graph.output[0].name: (0, 0)}
    for layer in reversed(layers):
        before, after = needed[layer.node.output[0]]
        reach = (before + layer.before) // layer.rate, (after + layer.after) // layer.rate
        for name in layer.inputs:
            known = needed.get(name, (0, 0))
            needed[name] = max(known[0], reach[0]), max(known[1], reach[1])
    return Cut(tensor, _rate_of(layers, tensor, graph.output[0].name), *needed[tensor])


def _nodes_after(graph: Any, tensor: str) -> list[Any]:
    """Return the nodes between a tensor and the output, in the order in which they run."""
    wanted, found = {graph.output[0].name}, []
    for node in reversed(graph.node):  # a node comes after those it takes from
        if wanted.intersection(node.output) and tensor not in node.output:
            found.append(node)
            wanted.update(name for name in _names_in(node) if name != tensor)
    around = wanted.intersection(each.name for each in graph.input)
    if around:
        raise NotDivisibleError(f"{', '.join(sorted(around))} goes around the cut")
    return found[::-1]


def _layers(nodes: Sequence[Any], constants: dict[str, tuple[int, ...]]) -> Iterator[_Layer]:
    """Yield what is not constant. `constants` (shapes by name) is filled with the constants among the nodes."""
    for node in nodes:
        varying = tuple(name for name in node.input if name and name not in constants)
        if node.op_type == "Constant":
            constants[node.output[0]] = tuple(_attribute(node, "value").t.dims)
        elif node.op_type == "Identity" and not varying:
            constants[node.output[0]] = constants[node.input[0]]
        else:
            yield _layer(node, varying, constants)


def _layer(node: Any, varying: tuple[str, ...], constants: dict[str, tuple[int, ...]]) -> _Layer:
    kind = node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
    if kind in _POINTWISE and varying == tuple(node.input):
        return _Layer(node, varying)
    if kind in _POINTWISE_OF_TWO and all(_is_timeless(constants[name]) for name in node.input if name in constants):
        return _Layer(node, varying)
    if kind == "Unsqueeze" and varying == (node.input[0],):
        return _Layer(node, varying)
    if kind in ("Conv", "ConvTranspose") and varying == (node.input[0],):
        return _convolution(node, constants[node.input[1]])
    raise NotDivisibleError(f"{kind} {node.name} is in the second half")


def _is_timeless(shape: tuple[int, ...]) -> bool:
    """Whether a constant of this shape is the same at all times; time is the last axis."""
    return not shape or shape[-1] == 1


def _convolution(node: Any, weight: tuple[int, ...]) -> _Layer:
    """Return the layer of a convolution of one dimension that keeps the length, or multiplies it."""
    if len(weight) != 3:
        raise NotDivisibleError(f"{node.name} has {len(weight) - 2} dimensions")
    (kernel,) = weight[2:]
    (stride,), (dilation,) = _integers(node, "strides", 1), _integers(node, "dilations", 1)
    start, end = _integers(node, "pads", 0, 0)
    transposed = node.op_type == "ConvTranspose"
    lost = kernel - stride if transposed else dilation * (kernel - 1)
    odd = {"auto_pad", "output_padding", "output_shape"}.intersection(each.name for each in node.attribute)
    if odd or start + end != lost or (dilation if transposed else stride) != 1:
        raise NotDivisibleError(f"{node.name} does not keep the length")
    if transposed:
        return _Layer(node, (node.input[0],), stride, before=kernel - 1 - start, after=start + stride - 1)
    return _Layer(node, (node.input[0],), before=start, after=end)


def _rate_of(layers: Sequence[_Layer], tensor: str, output: str) -> int:
    """Return how many samples of the output there are for each frame of the tensor."""
    rates = {tensor: 1}
    for layer in layers:
        of_inputs = {rates[name] for name in layer.inputs}
        if len(of_inputs) != 1:
            raise NotDivisibleError(f"{layer.node.name} takes from different rates")
        rates[layer.node.output[0]] = of_inputs.pop() * layer.rate
    return rates[output]


def _attribute(node: Any, name: str) -> Any:
    found = next((each for each in node.attribute if each.name == name), None)
    if found is None:
        raise NotDivisibleError(f"{node.op_type} {node.name} has no {name}")
    return found


def _integers(node: Any, name: str, *otherwise: int) -> tuple[int, ...]:
    return next((tuple(each.ints) for each in node.attribute if each.name == name), otherwise)


def _names_in(node: Any) -> Iterator[str]:
    """Yield the tensors that a node takes, also inside its branches and loops."""
    yield from filter(None, node.input)
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            for inner in graph.node:
                yield from _names_in(inner)


def cut_in_two(model: Any, cut: Cut) -> Any:
    """Take the second half out of a ModelProto, in place, and return it as a model of its own.

    What is left has the tensor as its only output; what is returned has it as its only input.
    """
    graph, decoder = model.graph, type(model)()
    decoder.ir_version = model.ir_version
    decoder.opset_import.extend(model.opset_import)
    nodes = _nodes_after(graph, cut.tensor)
    taken = {name for node in nodes for name in node.input}
    weights = [each for each in graph.initializer if each.name in taken]
    decoder.graph.name = "decoder"
    decoder.graph.node.extend(nodes)
    decoder.graph.initializer.extend(weights)
    decoder.graph.output.append(graph.output[0])
    kinds = (each.data_type for each in weights if len(each.dims) == 3)  # a convolution computes in its weights' type
    _describe(decoder.graph.input.add(), cut.tensor, next(kinds, _FLOAT))
    _remove_unused(graph, cut.tensor)
    return decoder


def _describe(value: Any, name: str, data_type: int) -> None:
    value.name = name
    value.type.tensor_type.elem_type = data_type
    for _ in range(3):
        value.type.tensor_type.shape.dim.add()


def _remove_unused(graph: Any, output: str) -> None:
    """Make a tensor the only output, and drop nodes and weights that it does not need."""
    del graph.output[:]
    graph.output.add().name = output
    wanted = {output}
    for index in range(len(graph.node) - 1, -1, -1):
        node = graph.node[index]
        if wanted.intersection(node.output):
            wanted.update(_names_in(node))
        else:
            del graph.node[index]
    for index in range(len(graph.initializer) - 1, -1, -1):
        if graph.initializer[index].name not in wanted:
            del graph.initializer[index]
