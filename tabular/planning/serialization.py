"""A plan as the `spec` that a job shows and stores, and back."""

import json
from typing import Any

from tabular.planning.plan import Plan

SPEC_ONLY = ("dataset_id", "priority", "metadata", "model")  # keys of a spec that a plan does not have


def to_spec(plan: Plan) -> dict[str, Any]:
    """Return the plan in the terms of a request, with every default filled in."""
    left_out = {"warnings", "layers", "init_from", "ensemble"} | (set() if plan.targets else {"targets"})
    return {
        **plan.model_dump(mode="json", exclude=left_out),
        "model": {"layers": plan.model_dump(mode="json", include={"layers"})["layers"]},
        "init_from": plan.init_from.model_dump(mode="json", exclude_none=True) if plan.init_from else None,
        "ensemble": plan.ensemble.model_dump(mode="json") if plan.ensemble else None,
    }


def from_spec(spec: dict[str, Any]) -> Plan:
    """Return the plan that `to_spec` was given, without its warnings."""
    plan = {name: value for name, value in spec.items() if name not in SPEC_ONLY}
    return Plan.model_validate_json(json.dumps(plan | {"layers": spec["model"]["layers"], "warnings": []}))
