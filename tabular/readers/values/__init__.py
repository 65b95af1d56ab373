"""Recognize and read the values of one column: numbers, dates, booleans."""
