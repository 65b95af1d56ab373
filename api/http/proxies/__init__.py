"""Proxies in front of the service: the client behind them, and the path under which they serve it."""
