"""Read the settings, and explain those that are not valid."""

from pathlib import Path

from pydantic import ValidationError

from launcher.errors import RefusedSettingsError
from service.limits import ServiceLimits
from service.settings import Settings


def configured_settings() -> Settings:
    """Return the settings of the environment.

    Raises:
        RefusedSettingsError: a setting is not valid.
    """
    try:
        ServiceLimits()
        return Settings()
    except ValidationError as error:
        problems = (f"BACKPROP_{str(problem['loc'][0]).upper()}: {problem['msg']}" for problem in error.errors())
        raise RefusedSettingsError("\n".join([*problems, "See docs/settings.md."])) from error


def chosen_settings(data: Path | None) -> Settings:
    """Return the settings of the service with the data folder `data`; without one, those of the environment.

    Raises:
        RefusedSettingsError: a setting is not valid.
    """
    return configured_settings() if data is None else Settings(data=data)
