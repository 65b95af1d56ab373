"""The client for asyncio. The synchronous client is generated from it."""

# Generated from the same file in _async by client/generator; do not edit.
