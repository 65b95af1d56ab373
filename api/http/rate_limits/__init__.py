"""Rate limits of projects, and of addresses that send invalid keys."""
