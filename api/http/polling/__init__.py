"""Polls, long polls and event streams of jobs, answered from memory."""
