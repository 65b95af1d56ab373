"""A plan as the `spec` that a job shows and keeps, and back."""

import json
from typing import Any

from tabular.planning.plan import Plan

SPEC_ONLY = ("dataset_id", "priority", "metadata", "model", "init_from")  # of a spec, and not of a plan


def to_spec(plan: Plan) -> dict[str, Any]:
    """The plan in the words of a request: what was asked for, with every default filled in."""
    spec = plan.model_dump(mode="json", exclude={"warnings", "layers"} | (set() if plan.targets else {"targets"}))
    return spec | {"model": {"layers": plan.model_dump(mode="json", include={"layers"})["layers"]}}


def from_spec(spec: dict[str, Any]) -> Plan:
    """The plan that `to_spec` was given, without its warnings."""
    plan = {name: value for name, value in spec.items() if name not in SPEC_ONLY}
    return Plan.model_validate_json(json.dumps(plan | {"layers": spec["model"]["layers"], "warnings": []}))
