"""Write the generated pages of docs/: `./dev docs`."""
