"""The client for asyncio. The synchronous client is generated from it."""
