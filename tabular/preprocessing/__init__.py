"""Turn table columns into training arrays, and outputs back into answers."""
