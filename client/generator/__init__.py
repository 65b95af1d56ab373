"""Write the generated code of the client: `./dev client`."""
