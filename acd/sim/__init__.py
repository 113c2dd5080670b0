"""Simulation: the real engine in virtual time, and the formulas it is held against."""
