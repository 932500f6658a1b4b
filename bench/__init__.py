"""Benches: one short file each, with a function `measure`; what they found stands in README.md."""
