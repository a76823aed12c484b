"""Side-by-side measurements: `make bench`. README.md holds what the last run measured."""
