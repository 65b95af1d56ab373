"""Why the service cannot run.

LaunchError
└── RefusedSettingsError    a process rejected its settings
"""

EX_CONFIG = 78  # <sysexits.h>: configuration error


class LaunchError(Exception):
    """The service cannot run; the message says how to fix it."""

    exit_code = 1


class RefusedSettingsError(LaunchError):
    """A process of the service rejected its settings; restarting it would fail again."""

    exit_code = EX_CONFIG
