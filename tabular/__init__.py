"""From a file to arrays and back: read, profile, plan, preprocess, evaluate, export."""
