"""A trained model as one value: from a business row to an answer, and to and from what is stored."""
