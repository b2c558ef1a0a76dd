"""Kernels as the numbers of a convolutional layer, and as an ONNX model.

A deep-learning "convolution" slides its weights over the series as they are, a correlation: so taps
are turned around on the way in and out.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_count, check_vector
from tsconv.kernel import Kernel


class Conv1dWeights(NamedTuple):
    """The numbers of a convolutional layer, in deep-learning order.

    Attributes
    ----------
    weight : ndarray, shape (n_out, n_in, k)
        Slid over the series as it is, not turned around.
    bias : ndarray, shape (n_out,)
    padding : (int, int)
        Zeros before and after the series that make the output as long as the input and put each
        output at its own time.
    """

    weight: FloatArray
    bias: FloatArray
    padding: tuple[int, int]


def onnx_model(made: Conv1dWeights, names: Sequence[str], path: Any) -> Any:
    """Write a layer as an ONNX model in single precision; save it if there is a path."""
    try:
        import onnx
    except ImportError:
        raise ImportError(
            "writing ONNX needs the package onnx: pip install 'tsconvolve[onnx]'."
        ) from None
    n_out, n_in, _ = made.weight.shape
    single = onnx.TensorProto.FLOAT  # runtimes have no Conv in double precision
    node = onnx.helper.make_node(
        "Conv", ["x", "weight", "bias"], ["y"], name="bank", pads=list(made.padding)
    )
    graph = onnx.helper.make_graph(
        [node],
        "tsconv",
        [onnx.helper.make_tensor_value_info("x", single, ["batch", n_in, "time"])],
        [onnx.helper.make_tensor_value_info("y", single, ["batch", n_out, "time"])],
        [
            onnx.numpy_helper.from_array(made.weight.astype(np.float32), "weight"),
            onnx.numpy_helper.from_array(made.bias.astype(np.float32), "bias"),
        ],
    )
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 13)], producer_name="tsconv"
    )
    model.ir_version = 8  # what runtimes of the last years read
    for key, value in {"outputs": ",".join(names)}.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    if path is not None:
        onnx.save(model, path)
    return model


def layer_weights(
    parts: Mapping[str, Kernel | dict[Hashable, Kernel]],
    channels: Sequence[Hashable | None],
    constants: FloatArray,
    n_taps: int | None,
) -> Conv1dWeights:
    """Lay the kernels of a bank into one window, flipped."""
    finite: list[tuple[int, int, FloatArray, int]] = []
    for o, (name, part) in enumerate(parts.items()):
        items = part.items() if isinstance(part, dict) else [(channels[0], part)]
        for channel, kernel in items:
            taps, origin = finite_taps(kernel, name, n_taps)
            finite.append((o, channels.index(channel), taps, origin))
    oldest = max(0, *(taps.size - 1 - origin for _, _, taps, origin in finite))
    newest = max(0, *(origin for _, _, _, origin in finite))
    weight = np.zeros((len(parts), len(channels), oldest + newest + 1))
    for o, i, taps, origin in finite:
        start = oldest - (taps.size - 1 - origin)
        weight[o, i, start : start + taps.size] += taps[::-1]
    return Conv1dWeights(weight, constants, (oldest, newest))


def layer_taps(
    weight: ArrayLike,
    bias: ArrayLike | None,
    padding: int | tuple[int, int] | None,
    dilation: int,
) -> tuple[FloatArray, FloatArray, int]:
    """Read a layer: taps (n_out, n_in, reach + 1), constants (n_out,), and the taps' origin."""
    table = np.array(weight, dtype=np.float64)
    if table.ndim != 3 or table.size == 0 or not np.all(np.isfinite(table)):
        raise ValueError(
            f"`weight` must be finite and have shape (n_out, n_in, k); got shape {table.shape}."
        )
    n_out, n_in, k = table.shape
    spread = check_count(dilation, "dilation", minimum=1)
    reach = spread * (k - 1)
    _, after = checked_padding(padding, reach)
    constants = np.zeros(n_out) if bias is None else check_vector(bias, "bias")
    if constants.size != n_out:
        raise ValueError(f"`bias` must have {n_out} elements; got {constants.size}.")
    taps = np.zeros((n_out, n_in, reach + 1))
    taps[:, :, ::spread] = table[:, :, ::-1]
    return taps, constants, after


def finite_taps(kernel: Kernel, name: str, n_taps: int | None) -> tuple[FloatArray, int]:
    """Return taps and origin, of a recursive kernel the first `n_taps` weights."""
    if kernel.is_finite:
        return kernel.taps, kernel.origin
    if n_taps is None:
        raise ValueError(
            f"a convolutional layer is finite; kernel {name!r} is recursive. Give `n_taps`, the"
            f" number of its weights to keep (its memory: {kernel.memory(1e-9)} samples at 1e-9)."
        )
    count = check_count(n_taps, "n_taps", minimum=1)
    return kernel.impulse_response(count), max(kernel.origin, 0)


def checked_padding(padding: int | tuple[int, int] | None, reach: int) -> tuple[int, int]:
    """Return zeros before and after that keep the length of the series."""
    if padding is None:
        return reach, 0
    pair = (padding, padding) if isinstance(padding, int) else tuple(padding)
    if len(pair) != 2 or sum(pair) != reach or min(pair) < 0:
        raise ValueError(
            f"`padding` before and after must add up to dilation * (k - 1) = {reach}, so that the"
            f" output is as long as the input; got {padding}."
        )
    return pair[0], pair[1]


def checked_labels(given: Sequence[Any] | None, default: list[Any], name: str) -> list[Any]:
    """Return as many different names as there are in `default`."""
    labels = default if given is None else list(given)
    if len(labels) != len(default) or len(set(labels)) != len(labels):
        raise ValueError(f"`{name}` must be {len(default)} different names; got {labels}.")
    return labels
