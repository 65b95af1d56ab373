"""Intervals of numbers and sets of labels that contain the truth as often as requested: conformal prediction."""
