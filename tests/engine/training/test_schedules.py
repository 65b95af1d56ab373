"""Learning-rate schedules have the shapes that their names say."""

import numpy as np
import pytest

from engine.spec import (
    ConstantSpec,
    CosineSpec,
    CosLogSpec,
    ExponentialSpec,
    OneCycleSpec,
    PlateauSpec,
    ScheduleSpec,
    StepSpec,
)
from engine.training.schedules import PlateauState, RunLength, build_schedule, update_plateau

LENGTH = RunLength(steps_per_epoch=10, epochs=5)


def values(spec: ScheduleSpec, length: RunLength = LENGTH) -> list[float]:
    curve = build_schedule(spec, length)
    return [curve(step) for step in range(length.steps_per_epoch * length.epochs)]


def test_the_constant_schedule_does_not_change() -> None:
    assert set(values(ConstantSpec())) == {1.0}


def test_warmup_rises_linearly_to_the_full_rate() -> None:
    assert values(ConstantSpec(warmup_steps=4))[:6] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_the_step_schedule_falls_only_between_epochs() -> None:
    found = values(StepSpec(every_epochs=2, factor=0.5))
    assert found == [1.0] * 20 + [0.5] * 20 + [0.25] * 10


def test_the_exponential_schedule_falls_by_its_factor_per_epoch() -> None:
    found = values(ExponentialSpec(factor=0.5))
    assert found[::10] == pytest.approx([1, 0.5, 0.25, 0.125, 0.0625])
    assert found == sorted(found, reverse=True)


def test_the_cosine_schedule_falls_from_one_to_its_final_factor() -> None:
    found = values(CosineSpec(final_factor=0.2), RunLength(steps_per_epoch=101, epochs=1))
    assert (found[0], found[50], found[100]) == pytest.approx((1.0, 0.6, 0.2))
    assert found == sorted(found, reverse=True)


def test_the_cosine_schedule_starts_to_fall_after_warmup() -> None:
    found = values(CosineSpec(warmup_steps=10))
    assert max(found) == pytest.approx(1.0, abs=0.01)
    assert found.index(max(found)) in {9, 10}
    assert found[-1] == pytest.approx(0, abs=1e-12)


def test_the_cosine_schedule_works_for_a_single_step() -> None:
    assert values(CosineSpec(), RunLength(steps_per_epoch=1, epochs=1)) == [1.0]


def test_cosine_restarts_return_to_the_full_rate_at_even_distances() -> None:
    found = values(CosineSpec(restarts=3, final_factor=0.1), RunLength(steps_per_epoch=101, epochs=1))
    assert found[0::25] == pytest.approx([1, 1, 1, 1, 0.1])
    assert found[24::25] == pytest.approx([0.1] * 4, abs=0.01)


def test_growth_makes_each_cosine_longer_than_the_one_before() -> None:
    found = values(CosineSpec(restarts=2, growth=2.0), RunLength(steps_per_epoch=71, epochs=1))
    tops = [step for step in range(1, 70) if found[step] > max(found[step - 1], 0.9) and found[step] > found[step + 1]]
    assert tops == [10, 30]
    assert found[-1] == pytest.approx(0, abs=1e-12)


def test_cosine_restarts_start_after_warmup() -> None:
    found = values(CosineSpec(restarts=1, warmup_steps=10), RunLength(steps_per_epoch=51, epochs=1))
    assert (found[10], found[30], found[50]) == pytest.approx((1, 1, 0))


def test_coslog_cycles_double_in_length_and_return_to_zero() -> None:
    found = values(CosLogSpec(cycles=4), RunLength(steps_per_epoch=1_500, epochs=1))
    lows = [step for step in range(1, 1_499) if found[step] <= min(found[step - 1], found[step + 1])]
    np.testing.assert_allclose(lows, [100, 300, 700], atol=1)  # 1/15, 3/15 and 7/15 of the run
    assert (min(found), max(found)) == pytest.approx((0, 1), abs=1e-4)
    assert (found[0], found[-1]) == pytest.approx((0, 0), abs=1e-3)


def test_one_cycle_rises_to_its_peak_and_falls_to_almost_zero() -> None:
    found = values(OneCycleSpec(rise=0.3), RunLength(steps_per_epoch=50, epochs=2))
    assert found[0] == pytest.approx(0.04)
    assert found.index(max(found)) == 29
    assert max(found) == pytest.approx(1)
    assert found[-1] == pytest.approx(4e-6)
    assert found[:30] == sorted(found[:30])
    assert found[29:] == sorted(found[29:], reverse=True)


@pytest.mark.parametrize(("steps", "expected"), [(1, [1.0]), (2, [0.04, 1.0])])
def test_one_cycle_reaches_the_full_rate_in_the_shortest_runs(steps: int, expected: list[float]) -> None:
    assert values(OneCycleSpec(), RunLength(steps_per_epoch=steps, epochs=1)) == expected


@pytest.mark.parametrize("spec", [OneCycleSpec(), CosineSpec(restarts=5, growth=3.0), CosLogSpec()])
def test_schedules_work_for_a_single_step(spec: ScheduleSpec) -> None:
    (found,) = values(spec, RunLength(steps_per_epoch=1, epochs=1))
    assert 0 <= found <= 1


def factors(spec: PlateauSpec, metric: list[float]) -> list[float]:
    plateau, found = PlateauState(), []
    for value in metric:
        plateau = update_plateau(plateau, spec, value)
        found.append(plateau.factor)
    return found


def test_every_plateau_of_patience_epochs_lowers_the_rate() -> None:
    spec = PlateauSpec(factor=0.5, patience=2)
    assert factors(spec, [3, 2, 2, 2, 2, 2, 1, 1]) == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]


def test_the_plateau_schedule_knows_which_metrics_should_rise() -> None:
    spec = PlateauSpec(factor=0.5, patience=1, metric="val_accuracy")
    assert factors(spec, [0.5, 0.6, 0.6, 0.7]) == [1, 1, 0.5, 0.5]


def test_improvements_below_min_delta_count_as_a_plateau() -> None:
    assert factors(PlateauSpec(factor=0.5, patience=1, min_delta=0.5), [3, 2.8, 2.6]) == [1, 0.5, 0.25]


def test_cooldown_epochs_do_not_count() -> None:
    assert factors(PlateauSpec(factor=0.5, patience=1, cooldown=2), [1, 1, 1, 1, 1]) == [1, 0.5, 0.5, 0.5, 0.25]


def test_the_rate_never_falls_below_min_factor() -> None:
    assert factors(PlateauSpec(factor=0.1, patience=1, min_factor=0.05), [1, 1, 1]) == [1, 0.1, 0.05]
