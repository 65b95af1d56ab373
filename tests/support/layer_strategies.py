"""Hypothesis strategies for specs of layers with windows and of normalization layers."""

from hypothesis import strategies as st

from engine.spec import (
    AveragePoolSpec,
    BatchNormSpec,
    Conv1dSpec,
    Conv2dSpec,
    GlobalPoolSpec,
    LayerNormSpec,
    MaxPoolSpec,
)

sizes = st.integers(1, 3)


sides = st.integers(3, 6)


conv2d = st.builds(
    lambda channels, groups, **fields: Conv2dSpec(channels=channels * groups, groups=groups, **fields),
    channels=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
    kernel=st.tuples(sizes, sizes),
    stride=st.tuples(sizes, sizes),
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    bias=st.booleans(),
    activation=st.just("linear"),
)


conv1d = st.builds(
    lambda channels, groups, **fields: Conv1dSpec(channels=channels * groups, groups=groups, **fields),
    channels=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
    kernel=sizes,
    stride=sizes,
    padding=st.integers(0, 2),
    bias=st.booleans(),
    activation=st.just("linear"),
)


pool = st.builds(
    lambda kind, kernel, stride, padded: kind(kernel=kernel, stride=stride, padding=kernel // 2 if padded else 0),
    kind=st.sampled_from([MaxPoolSpec, AveragePoolSpec]),
    kernel=sizes,
    stride=st.none() | sizes,
    padded=st.booleans(),
)


global_pool = st.builds(GlobalPoolSpec, function=st.sampled_from(["average", "max"]))


batch_norm = st.builds(BatchNormSpec)


layer_norm = st.builds(LayerNormSpec)
