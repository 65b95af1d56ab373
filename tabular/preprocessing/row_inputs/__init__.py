"""The inputs of rows sent for prediction: the same bits as those of tables, for several columns at a time."""
