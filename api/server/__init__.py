"""What stands between the sockets and the application: limits for slow and oversized senders."""
