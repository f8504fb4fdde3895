"""Scales: a weight is taken when it stands still, exact and in the unit the scale says, or not at all."""
