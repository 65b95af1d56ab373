"""A plan as the `spec` that a job shows and stores, and back."""

import json
from typing import Any

from tabular.planning.plan import Plan

SPEC_ONLY = ("dataset_id", "priority", "metadata", "budget", "model")  # keys of a spec that a plan does not have
EARLIER_TRAINING = {"output_start": "random"}  # fields of `training` that specs of version 0.1.0 lack


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
    """Return the plan that `to_spec` was given, without its warnings.

    Fields that the spec of an earlier version lacks get the values that it worked with.
    """
    plan = {name: value for name, value in spec.items() if name not in SPEC_ONLY}
    plan |= {"layers": spec["model"]["layers"], "training": EARLIER_TRAINING | spec["training"], "warnings": []}
    return Plan.model_validate_json(json.dumps(plan))
