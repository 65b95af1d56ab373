"""Run ONNX files with ONNX Runtime, after the checker of the format has accepted them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime

from engine.memory import Array


def run_onnx(data: bytes, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return the outputs by name."""
    onnx.checker.check_model(data, full_check=True)
    session = open_session(data)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, map(np.asarray, session.run(names, dict(inputs))), strict=True))


def open_session(data: bytes) -> Any:
    """Return a session that computes on one core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
