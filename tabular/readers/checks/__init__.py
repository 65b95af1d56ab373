"""Look for what an expert would notice in a table: columns, rows, outliers, dates, order."""
