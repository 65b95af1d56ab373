"""Recurrent layers: LSTM and GRU."""
