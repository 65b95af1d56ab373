"""Logs of this process: one line an event, on standard error."""

import logging


def configure_logs() -> None:
    """Send warnings and what matters to standard error."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("kombu", "amqp", "celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
