"""Whether a job may have several processes here."""

from engine.errors import PointedProblem
from engine.training.parallel.mpiexec import INSTALL, find_mpiexec
from tabular.errors import InvalidPlan
from tabular.planning.plan import Plan


def check_processes(plan: Plan) -> None:
    """Raise `InvalidPlan` if the job needs MPI, which is not installed."""
    processes = plan.training.processes or 1
    if processes > 1 and find_mpiexec() is None:
        detail = f"{processes} processes need MPI, which is not installed. Run `{INSTALL}`, or set `processes` to 1."
        raise InvalidPlan([PointedProblem(pointer="/training/processes", detail=detail)])
