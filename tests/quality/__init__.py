"""How well comments are read, measured on comments that nothing was made or learned from: `make quality`."""
