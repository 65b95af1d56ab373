"""Run ONNX files with ONNX Runtime, after the checker of the format has accepted them."""

from collections.abc import Mapping, Sequence
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


def as_inputs(session: Any, rows: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
    """Return rows as the inputs of a session, as an application would: numbers as numbers, everything else as text."""
    return {port.name: _cells(port, [row.get(port.name) for row in rows]) for port in session.get_inputs()}


def _cells(port: Any, cells: Sequence[Any]) -> Array:
    if port.type == "tensor(string)":
        return np.array([["" if cell is None else str(cell)] for cell in cells], np.object_)
    return np.array([[np.nan if cell is None else cell] for cell in cells], np.float64)


def assert_same_answers(outputs: Mapping[str, Array], answers: Sequence[Mapping[str, Any]]) -> None:
    """Check that outputs equal the answers of the service to 1e-5, numbers relative to their spread."""
    targets = {f"{name}.": [answer["targets"][name] for answer in answers] for name in answers[0].get("targets", ())}
    for prefix, of_target in (targets or {"": answers}).items():
        if "label" in of_target[0]:
            probabilities = np.array([[*answer["probabilities"].values()] for answer in of_target])
            np.testing.assert_allclose(outputs[f"{prefix}probabilities"], probabilities, atol=1e-5)
            clear = np.sort(probabilities, axis=1)[:, -1] - np.sort(probabilities, axis=1)[:, -2] > 1e-5
            labels = np.array([answer["label"] for answer in of_target])
            np.testing.assert_array_equal(outputs[f"{prefix}label"][clear], labels[clear])
        else:
            values = np.array([answer["value"] for answer in of_target], np.float64)
            spread = np.nanstd(values) or 1
            np.testing.assert_allclose(outputs[f"{prefix}value"], values, atol=1e-5 * spread, rtol=1e-12)
        if "quantiles" in of_target[0]:
            quantiles = np.array([[*answer["quantiles"].values()] for answer in of_target])
            np.testing.assert_allclose(
                outputs[f"{prefix}quantiles"], quantiles, atol=1e-5 * quantiles.std(), rtol=1e-12
            )
        if "interval" in of_target[0]:
            for end in ("low", "high"):
                ends = np.array([answer["interval"][end] for answer in of_target])
                np.testing.assert_allclose(outputs[f"{prefix}{end}"], ends, atol=1e-5 * (ends.std() or 1), rtol=1e-12)
        if "set" in of_target[0]:
            members = [[label in answer["set"] for label in answer["probabilities"]] for answer in of_target]
            assert np.mean(outputs[f"{prefix}set"] == np.array(members)) > 0.99  # a probability may equal the limit
        if "survival" in of_target[0]:
            risks = [answer["relative_risk"] for answer in of_target]
            np.testing.assert_allclose(outputs["relative_risk"], risks, rtol=1e-5)
            curves = [[point["probability"] for point in answer["survival"]] for answer in of_target]
            np.testing.assert_allclose(outputs["survival"], curves, atol=1e-5)
