"""The commands, grouped by what they are about. Importing a file registers its commands."""
