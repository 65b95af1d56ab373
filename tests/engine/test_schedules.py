"""Learning-rate schedules have the shapes their names say."""

import pytest

from engine.schedules import Horizon, schedule
from engine.spec import ConstantSpec, CosineSpec, ExponentialSpec, ScheduleSpec, StepSpec

HORIZON = Horizon(steps_per_epoch=10, epochs=5)


def values(spec: ScheduleSpec, horizon: Horizon = HORIZON) -> list[float]:
    curve = schedule(spec, horizon)
    return [curve(step) for step in range(horizon.steps_per_epoch * horizon.epochs)]


def test_constant_never_changes() -> None:
    assert set(values(ConstantSpec())) == {1.0}


def test_warmup_rises_evenly_to_the_full_rate() -> None:
    assert values(ConstantSpec(warmup_steps=4))[:6] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_step_falls_at_the_borders_of_its_epochs_only() -> None:
    found = values(StepSpec(every_epochs=2, factor=0.5))
    assert found == [1.0] * 20 + [0.5] * 20 + [0.25] * 10


def test_exponential_falls_by_its_factor_per_epoch() -> None:
    found = values(ExponentialSpec(factor=0.5))
    assert found[::10] == pytest.approx([1, 0.5, 0.25, 0.125, 0.0625])
    assert found == sorted(found, reverse=True)


def test_cosine_goes_from_one_to_its_final_factor_and_is_half_way_in_the_middle() -> None:
    found = values(CosineSpec(final_factor=0.2), Horizon(steps_per_epoch=101, epochs=1))
    assert (found[0], found[50], found[100]) == pytest.approx((1.0, 0.6, 0.2))
    assert found == sorted(found, reverse=True)


def test_cosine_begins_to_fall_when_the_warmup_ends() -> None:
    found = values(CosineSpec(warmup_steps=10))
    assert max(found) == pytest.approx(1.0, abs=0.01)
    assert found.index(max(found)) in {9, 10}
    assert found[-1] == pytest.approx(0, abs=1e-12)


def test_a_run_of_one_step_has_a_cosine_too() -> None:
    assert values(CosineSpec(), Horizon(steps_per_epoch=1, epochs=1)) == [1.0]
