"""Why the service does not start or go on: LaunchError, and below it RefusedSettingsError."""

EX_CONFIG = 78  # <sysexits.h>: something was found in an unconfigured or misconfigured state


class LaunchError(Exception):
    """The service cannot run; the message says what to do about it."""

    exit_code = 1


class RefusedSettingsError(LaunchError):
    """A part of the service refused its settings; trying again would not help."""

    exit_code = EX_CONFIG
