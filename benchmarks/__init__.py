"""Measurements as ratios to a limit or a peer taken in the same run."""
